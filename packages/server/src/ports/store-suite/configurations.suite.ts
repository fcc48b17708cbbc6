import assert from "node:assert/strict";
import type { DeviceKey, JsonObject } from "@heliograph/protocol";
import type { RecordResult } from "../channel-changes.ts";
import { privateChannel } from "../channels.ts";
import { groupName } from "../groups.ts";
import { defaultRollout, OWN_POLICY, OWN_PRIORITY, type PolicyContent } from "../policies.ts";
import type { SetConfiguration, SetPolicy } from "../policy-changes.ts";
import type { Store } from "../store.ts";
import { said } from "./policies.suite.ts";
import { anAudit, at, enrolled, keyOf, type On } from "./store.fixture.ts";

/** What single devices are to hold: policies of their own, whose versions are counted for all of them. */
export function configurationsSuite(on: On): void {
  on(
    "a device is configured alone: told on its own channel, in the table, and first of its policies",
    async (store) => {
      const device = await enrolled(store, "1");
      const own = privateChannel(device, "config");
      assert.equal(await store.isAnythingHeld(), false);
      assert.deepEqual(await store.devicesAmong([device, keyOf("2")]), [await store.device(device)]);
      const first = await store.commit("set-configuration", configuring(device));
      assert.ok(first.type === "set");
      assert.equal(first.version.version, 1);
      assert.deepEqual(
        await store.commit("set-configuration", configuring(device)),
        first,
        "it is the same wish",
      );
      assert.equal(await store.isAnythingHeld(), true);
      assert.deepEqual(await said(store, own), [{ Policy: "private", Version: 1, ...body() }]);
      await store.commit("record-result", answering(device));
      assert.deepEqual(await store.complianceOf(device), [
        { policy: "private", device, version: 1, applied: 1, state: "applied", at: at(70), mended: [] },
      ]);
      assert.deepEqual(
        (await store.complianceAmong([device])).map(({ state }) => state),
        ["applied"],
      );
      const next = await store.commit("set-configuration", configuring(device, 65));
      assert.ok(next.type === "set");
      assert.equal(next.version.version, 2);
      assert.deepEqual(await store.configuration(device), next.version);
      assert.deepEqual(
        (await store.configurations(device)).map(({ version }) => version),
        [2, 1],
      );
      assert.deepEqual(await store.policies(), [], "no group has it");
      const reserved = await store.commit("set-policy", await policyOfThatName(store));
      assert.deepEqual(reserved, { type: "refused", reason: "name-taken" });
    },
  );

  on(
    "a configuration is said last on its device's channel, whoever says something else there",
    async (store) => {
      const device = await enrolled(store, "1");
      const own = privateChannel(device, "config");
      await store.commit("set-configuration", configuring(device));
      const other = { channel: own, id: "a", at: at(66), by: "admin", data: { Text: "hello" }, epoch: "own" };
      await store.commit("publish", other);
      const held = { Policy: "private", Version: 1, ...body() };
      assert.deepEqual(await said(store, own), [held, { Text: "hello" }, held]);
      assert.equal((await store.channel(own))?.head, 3);
    },
  );

  on(
    "a configuration that is removed is withdrawn, and its versions go on rising also for a device that is new",
    async (store) => {
      const device = await enrolled(store, "1");
      const own = privateChannel(device, "config");
      await store.commit("set-configuration", configuring(device));
      const removing = {
        device,
        epoch: "own",
        at: at(70),
        audit: anAudit("remove-configuration", { at: at(70) }),
      };
      assert.deepEqual(await store.commit("remove-configuration", removing), { held: true });
      assert.deepEqual(await store.commit("remove-configuration", removing), { held: true });
      const other = { ...removing, audit: anAudit("remove-configuration", { at: at(71) }) };
      assert.deepEqual(await store.commit("remove-configuration", other), { held: false });
      assert.deepEqual((await said(store, own)).at(-1), { Policy: "private", Version: 2, Withdrawn: true });
      assert.equal(await store.configuration(device), undefined);
      const removal = { device, audit: anAudit("remove-device"), events: [] };
      await store.commit("remove-device", removal);
      const again = await enrolled(store, "1");
      assert.deepEqual(await store.configurations(again), []);
      const set = await store.commit("set-configuration", configuring(again, 80));
      assert.ok(set.type === "set");
      assert.equal(set.version.version, 3);
    },
  );
}

function content(): PolicyContent {
  const values = { "Device.WiFi.": { Enable: true } };
  return { priority: OWN_PRIORITY, hold: "mend", values, objects: [] };
}

function body(): JsonObject {
  const { values: ParameterList, priority: Priority } = content();
  return { Priority, Hold: "mend", ParameterList };
}

function configuring(device: DeviceKey, seconds = 60): SetConfiguration {
  const audit = anAudit("set-configuration", { device, at: at(seconds) });
  return { device, content: content(), epoch: "own", at: at(seconds), audit };
}

function answering(device: DeviceKey): RecordResult {
  const result = { epoch: "own", offset: 1, at: at(70), status: "applied" } as const;
  return { channel: privateChannel(device, "config"), device, result, events: [] };
}

/** There is a group for it. */
async function policyOfThatName(store: Store): Promise<SetPolicy> {
  const group = groupName("gold");
  assert.ok(group !== undefined);
  const made = { description: "", at: at(20) };
  const audit = anAudit("set-group");
  await store.commit("set-group", {
    ...made,
    name: group,
    expression: "has key",
    trustedFactsOnly: true,
    audit,
  });
  return {
    ...{ ...made, name: OWN_POLICY, group },
    ...{ draft: content(), rules: defaultRollout, audit: anAudit("set-policy") },
  };
}
