import assert from "node:assert/strict";
import type { DeviceKey } from "@heliograph/protocol";
import type { SetTags } from "../groups.ts";
import { anAudit, at, enrolled, keyOf, type On } from "./store.fixture.ts";

/** The tags that people give to devices. */
export function tagsSuite(on: On): void {
  on(
    "tags are kept in order, each once, with an audit entry and an event; nothing is done twice",
    async (store) => {
      const key = await enrolled(store, "1");
      const change = tagging(key, { add: ["silver", "gold", "gold"] });
      assert.deepEqual(await store.commit("set-tags", change), { held: true });
      assert.deepEqual(await store.commit("set-tags", change), { held: true });
      assert.deepEqual((await store.device(key))?.tags, ["gold", "silver"]);
      await store.commit("set-tags", tagging(key, { add: ["gold"], remove: ["none"] }, 40));
      await store.commit("set-tags", tagging(key, { remove: ["silver"] }, 50));
      assert.deepEqual((await store.device(key))?.tags, ["gold"]);
      const events = await store.events({ after: 0, limit: 10 });
      assert.deepEqual(
        events.map(({ name, data }) => [name, data]),
        [
          ["tags-changed", { added: ["silver", "gold"], removed: [] }],
          ["tags-changed", { added: [], removed: ["silver"] }],
        ],
      );
      assert.equal((await store.audit({ limit: 10 })).length, 2);
      assert.equal((await store.devices({ limit: 10, words: ["GOLD"] })).items.length, 1);
    },
  );

  on("a device has so many tags at most, and one that is not there has none", async (store) => {
    const key = await enrolled(store, "1");
    const many = Array.from({ length: 64 }, (_, index) => `t${index}`);
    assert.deepEqual(await store.commit("set-tags", tagging(key, { add: many })), { held: true });
    assert.deepEqual(await store.commit("set-tags", tagging(key, { add: ["more"] }, 40)), { held: false });
    assert.deepEqual(await store.commit("set-tags", tagging(keyOf("9"), { add: ["a"] }, 41)), {
      held: false,
    });
  });
}

export function tagging(
  device: DeviceKey,
  { add = [], remove = [] }: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  seconds = 30,
): SetTags {
  const moment = at(seconds);
  const audit = anAudit("set-tags", { at: moment, device, detail: { add, remove } });
  return { device, add, remove, at: moment, audit };
}
