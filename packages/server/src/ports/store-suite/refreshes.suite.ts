import assert from "node:assert/strict";
import type { DeviceKey } from "@heliograph/protocol";
import type { DeviceCall } from "../records.ts";
import type { RefreshPlan } from "../refresh.ts";
import type { AcceptOperation } from "../store.ts";
import type { Strain } from "../strain.ts";
import {
  accepted,
  anAudit,
  asking,
  at,
  claiming,
  connected,
  enrolled,
  eventNames,
  getValues,
  idOf,
  outcome,
  type On,
} from "./store.fixture.ts";

const plan: RefreshPlan = {
  paths: ["Device."],
  bounds: { rpcs: 10, ms: 1_000, names: 100, bytes: 1_000 },
  step: { type: "look", path: "Device.", tries: 0 },
  parts: [],
  ready: [],
  looks: [],
  sizes: {},
  batch: { size: 32, most: 256, isFound: false },
  levels: "untried",
  emptyPath: "untried",
  learned: {},
  rpcs: 0,
  read: 0,
  bytes: 0,
  unreadable: { items: [], count: 0 },
  leftOut: { items: [], count: 0 },
};
const further: RefreshPlan = { ...plan, rpcs: 1, read: 5 };
const strain: Strain = { strikes: 3, reason: "silent", at: at(40), until: at(340) };

function refreshing(key: DeviceKey, digit: string): AcceptOperation {
  const asked = asking(key, digit, { reads: true, rpcs: [{ method: "Refresh", params: {} }] });
  return { ...asked, operation: { ...asked.operation, refresh: plan } };
}

function byItself(key: DeviceKey, digit: string, rpcs: readonly DeviceCall[] = [getValues]): AcceptOperation {
  const asked = asking(key, digit, { reads: true, rpcs });
  return { ...asked, operation: { ...asked.operation, automatic: `policy ${digit}` } };
}

/** Refreshes, and what keeps them and automatic work from hurting a device. */
export function refreshesSuite(on: On): void {
  on(
    "a refresh goes on by the plan that was stored with its last answer, and keeps no outcomes",
    async (store) => {
      const key = await enrolled(store, "1");
      const pair = await connected(store, key, "c1");
      await accepted(store, refreshing(key, "a"));
      await store.commit("claim-call", claiming(key, "a", { pair, call: "1" }));
      const answer = { ...outcome(key, "a", { ...pair, call: "1" }), refresh: further };
      assert.deepEqual(await store.commit("record-outcome", answer), { held: true });
      assert.deepEqual(await store.commit("record-outcome", answer), { held: true });
      const { state, refresh, outcomes } = (await store.operation(idOf("a"))) ?? {};
      assert.deepEqual([state, refresh, outcomes], ["queued", further, []]);
      await store.commit("claim-call", claiming(key, "a", { pair, call: "2" }));
      const again = { ...outcome(key, "a", { ...pair, call: "2" }), refresh: { ...further, rpcs: 2 } };
      assert.deepEqual(await store.commit("record-outcome", again), { held: true });
      assert.equal((await store.operation(idOf("a")))?.refresh?.rpcs, 2);
    },
  );

  on("a write passes a refresh between its calls, and not while one is out", async (store) => {
    const key = await enrolled(store, "1");
    const pair = await connected(store, key, "c1");
    await accepted(store, refreshing(key, "a"));
    await accepted(store, asking(key, "b"));
    await store.commit("claim-call", claiming(key, "a", { pair, call: "1" }));
    const write = claiming(key, "b", { pair, call: "2" });
    assert.deepEqual(await store.commit("claim-call", write), { held: false });
    await store.commit("record-outcome", { ...outcome(key, "a", { ...pair, call: "1" }), refresh: further });
    assert.deepEqual(await store.commit("claim-call", write), { held: true });
  });

  on("a refresh that waits goes by another plan, one with a call out does not", async (store) => {
    const key = await enrolled(store, "1");
    const pair = await connected(store, key, "c1");
    await accepted(store, refreshing(key, "a"));
    await accepted(store, asking(key, "b", { reads: true }));
    const change = { operation: idOf("a"), generation: pair.generation, refresh: further };
    assert.deepEqual(await store.commit("replan-refresh", change), { held: true });
    assert.deepEqual((await store.operation(idOf("a")))?.refresh, further);
    await store.commit("claim-call", claiming(key, "a", { pair, call: "1" }));
    assert.deepEqual(await store.commit("replan-refresh", change), { held: false });
    assert.deepEqual(await store.commit("replan-refresh", { ...change, operation: idOf("b") }), {
      held: false,
    });
  });

  on(
    "a device that is left alone takes nothing of what asks by itself, until a person relieves it",
    async (store) => {
      const key = await enrolled(store, "1");
      assert.deepEqual(await store.commit("record-strain", { device: key, strain, events: [] }), {
        held: true,
      });
      assert.deepEqual((await store.device(key))?.strain, strain);
      const refused = await store.commit("accept-operation", byItself(key, "a"));
      assert.deepEqual(refused, { type: "refused", reason: "left-alone" });
      await accepted(store, asking(key, "b"));
      const audit = anAudit("relieve-device", { device: key });
      assert.deepEqual(await store.commit("relieve-device", { device: key, audit, events: [] }), {
        held: true,
      });
      assert.equal((await store.device(key))?.strain, undefined);
      await accepted(store, byItself(key, "a"));
    },
  );

  on(
    "a path that is asked for ten times by what asks by itself is stopped, and others with it",
    async (store) => {
      const key = await enrolled(store, "1");
      const digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
      for (const digit of digits) await accepted(store, { ...byItself(key, digit), maxOpen: 20 });
      const { access, times, by } = (await store.device(key))?.circle ?? {};
      assert.deepEqual([access, times, by?.length], ["read", 10, 10]);
      assert.ok((await eventNames(store)).some((name) => name.startsWith("circle-stopped")));
      const refused = await store.commit("accept-operation", { ...byItself(key, "a"), maxOpen: 20 });
      assert.deepEqual(refused, { type: "refused", reason: "left-alone" });
    },
  );
}
