import assert from "node:assert/strict";
import type { DeviceKey } from "@heliograph/protocol";
import type { LearnQuirks, SetQuirk } from "../quirk-changes.ts";
import type { ImportQuirks } from "../quirk-merge.ts";
import type { Model, ObservedQuirks, QuirkChoice } from "../quirks.ts";
import type { Store } from "../store.ts";
import { anAudit, anEvent, at, enrolled, eventNames, keyOf, opening, type On } from "./store.fixture.ts";

const box: Model = { oui: "00D09E", productClass: "Box" };
const box1: Model = { ...box, softwareVersion: "1.0" };

/** How devices differ: what they showed, and what people say. */
export function quirksSuite(on: On): void {
  on("what a device showed is kept for it, and for its model with its software", async (store) => {
    const key = await running(store, "1", "1.0");
    assert.deepEqual(await store.commit("learn-quirks", showing(key, { booleans: "words" })), {
      held: true,
      models: true,
    });
    const known = { set: {}, learned: { booleans: { value: "words", since: at(30) } } };
    assert.deepEqual((await store.device(key))?.quirks, known);
    assert.deepEqual(await store.modelQuirks(), [{ model: box1, known }]);
    assert.deepEqual(await eventNames(store), ["quirk-learned"]);
  });

  on("what is known already is not kept again, and nothing tells of it", async (store) => {
    const key = await running(store, "1", "1.0");
    await store.commit("learn-quirks", showing(key, { booleans: "words" }));
    const again = { ...showing(key, { booleans: "words" }), at: at(99) };
    assert.deepEqual(await store.commit("learn-quirks", again), { held: true, models: false });
    assert.equal((await store.device(key))?.quirks?.learned.booleans?.since, at(30));
    assert.deepEqual(await eventNames(store), ["quirk-learned"]);
  });

  on(
    "a device that differs from its model speaks for it from then on; others keep their own",
    async (store) => {
      const first = await running(store, "1", "1.0");
      const second = await running(store, "2", "1.0");
      await store.commit("learn-quirks", showing(first, { booleans: "words", cookies: "not-returned" }));
      await store.commit("learn-quirks", { ...showing(second, { booleans: "digits" }), at: at(3_630) });
      const [model] = await store.modelQuirks();
      assert.equal(model?.known.learned.booleans?.value, "digits");
      assert.equal(model.known.learned.cookies?.value, "not-returned");
      assert.equal((await store.device(first))?.quirks?.learned.booleans?.value, "words");
    },
  );

  on("a device that shows this and then that is believed once an hour", async (store) => {
    const key = await running(store, "1", "1.0");
    const shown = async (booleans: "digits" | "words", seconds: number) => {
      await store.commit("learn-quirks", { ...showing(key, { booleans }), at: at(seconds) });
      return (await store.device(key))?.quirks?.learned.booleans?.value;
    };
    assert.equal(await shown("words", 0), "words");
    assert.equal(await shown("digits", 3_599), "words");
    assert.equal(await shown("digits", 3_600), "digits");
  });

  on("a device that does not say what software it runs speaks for itself alone", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit("learn-quirks", showing(key, { booleans: "words" }));
    assert.equal((await store.device(key))?.quirks?.learned.booleans?.value, "words");
    assert.deepEqual(await store.modelQuirks(), []);
  });

  on("what a person said is kept once, however often it is asked for", async (store) => {
    const key = await enrolled(store, "1");
    const choice = { name: "digest", value: "md5-only" } as const;
    const change = {
      ...saying({ type: "device", device: key }, choice),
      events: [anEvent(key, "quirk-set")],
    };
    assert.deepEqual(await store.commit("set-quirk", change), { held: true });
    assert.deepEqual(await store.commit("set-quirk", change), { held: true });
    assert.deepEqual(await eventNames(store), ["quirk-set"]);
  });

  on("what a person says stands beside what was learned, until it is taken back", async (store) => {
    const key = await running(store, "1", "1.0");
    await store.commit("learn-quirks", showing(key, { declaration: "absent" }));
    const scope = { type: "device", device: key } as const;
    const present = { name: "declaration", value: "present" } as const;
    assert.deepEqual(await store.commit("set-quirk", saying(scope, present)), { held: true });
    const learned = { declaration: { value: "absent", since: at(30) } };
    assert.deepEqual((await store.device(key))?.quirks, {
      set: { declaration: { value: "present", since: at(40), by: "anna" } },
      learned,
    });
    await store.commit("set-quirk", saying(scope, { name: "declaration", value: undefined }));
    assert.deepEqual((await store.device(key))?.quirks, { set: {}, learned });
    assert.deepEqual(
      (await store.audit({ limit: 10 })).map(({ action }) => action),
      ["set-quirk", "set-quirk"],
    );
  });

  on("a model has what a person says of it, with its software or whatever it runs", async (store) => {
    const dropped = { name: "fractions", value: "dropped" } as const;
    await store.commit("set-quirk", saying({ type: "model", model: { ...box, oui: "00d09e" } }, dropped));
    await store.commit("set-quirk", saying({ type: "model", model: box1 }, { ...dropped, value: "kept" }));
    const by = { since: at(40), by: "anna" };
    assert.deepEqual(await store.modelQuirks(), [
      { model: box, known: { set: { fractions: { value: "dropped", ...by } }, learned: {} } },
      { model: box1, known: { set: { fractions: { value: "kept", ...by } }, learned: {} } },
    ]);
    for (const model of [box, box1]) {
      await store.commit("set-quirk", saying({ type: "model", model }, { ...dropped, value: undefined }));
    }
    assert.deepEqual(await store.modelQuirks(), []);
  });

  on(
    "what others know is added to what is known, once, and takes the place of nothing unasked",
    async (store) => {
      const key = await running(store, "1", "1.0");
      await store.commit("learn-quirks", showing(key, { booleans: "words" }));
      const dropped = { name: "fractions", value: "dropped" } as const;
      await store.commit("set-quirk", saying({ type: "model", model: box1 }, dropped));
      const change: ImportQuirks = {
        models: [
          {
            model: { ...box1, oui: "00d09e" },
            set: { fractions: "kept", digest: "md5-only" },
            learned: { booleans: "digits", cookies: "not-returned" },
          },
          { model: box, set: { digest: "md5-only" }, learned: {} },
        ],
        ...{ replace: false, at: at(50), by: "bert", audit: anAudit("import-quirks") },
      };
      const { merged } = await store.commit("import-quirks", change);
      const outcomes = merged.map(({ name, how, outcome, was }) => [name, how, outcome, was]);
      assert.deepEqual(outcomes.toSorted(), [
        ["booleans", "learned", "kept", "words"],
        ["cookies", "learned", "added", undefined],
        ["digest", "set", "added", undefined],
        ["digest", "set", "added", undefined],
        ["fractions", "set", "kept", "dropped"],
      ]);
      const digest = { value: "md5-only", since: at(50), by: "bert" };
      const known = [
        { model: box, known: { set: { digest }, learned: {} } },
        {
          model: box1,
          known: {
            set: { fractions: { value: "dropped", since: at(40), by: "anna" }, digest },
            learned: {
              booleans: { value: "words", since: at(30) },
              cookies: { value: "not-returned", since: at(50) },
            },
          },
        },
      ];
      assert.deepEqual(await store.modelQuirks(), known);
      await store.commit("import-quirks", { ...change, at: at(60) });
      assert.deepEqual(await store.modelQuirks(), known);
      const imports = (await store.audit({ limit: 10 })).filter(({ action }) => action === "import-quirks");
      assert.equal(imports.length, 1);
    },
  );

  on(
    "what others know takes the place of what was set, where that is wanted, and never of what was learned",
    async (store) => {
      const key = await running(store, "1", "1.0");
      await store.commit("learn-quirks", showing(key, { booleans: "words" }));
      await store.commit(
        "set-quirk",
        saying({ type: "model", model: box1 }, { name: "fractions", value: "dropped" }),
      );
      const { merged } = await store.commit("import-quirks", {
        models: [{ model: box1, set: { fractions: "kept" }, learned: { booleans: "digits" } }],
        ...{ replace: true, at: at(50), by: "bert", audit: anAudit("import-quirks") },
      });
      assert.deepEqual(
        merged.map(({ outcome }) => outcome),
        ["kept", "replaced"],
      );
      const [model] = await store.modelQuirks();
      assert.deepEqual(model?.known, {
        set: { fractions: { value: "kept", since: at(50), by: "bert" } },
        learned: { booleans: { value: "words", since: at(30) } },
      });
    },
  );

  on("of a device that is not there nothing is kept", async (store) => {
    const key = keyOf("9");
    assert.deepEqual(await store.commit("learn-quirks", showing(key, { booleans: "words" })), {
      held: false,
      models: false,
    });
    const choice = { name: "digest", value: "md5-only" } as const;
    assert.deepEqual(await store.commit("set-quirk", saying({ type: "device", device: key }, choice)), {
      held: false,
    });
    assert.deepEqual(await store.modelQuirks(), []);
    assert.deepEqual(await eventNames(store), []);
  });
}

/** An approved device that said which software it runs. */
async function running(store: Store, serialNumber: string, softwareVersion: string): Promise<DeviceKey> {
  const key = await enrolled(store, serialNumber);
  await store.commit("open-connection", opening(key, `c${serialNumber}`, { facts: { softwareVersion } }));
  return key;
}

function showing(device: DeviceKey, observed: ObservedQuirks): LearnQuirks {
  return { device, observed, at: at(30), events: [anEvent(device, "quirk-learned")] };
}

function saying(scope: SetQuirk["scope"], quirk: QuirkChoice): SetQuirk {
  const detail = { scope: JSON.stringify(scope), quirk: quirk.name, value: quirk.value ?? null };
  return { scope, quirk, at: at(40), by: "anna", audit: anAudit("set-quirk", { detail }), events: [] };
}
