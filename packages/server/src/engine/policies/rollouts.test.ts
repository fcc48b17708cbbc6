import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { DeviceKey } from "@heliograph/protocol";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../../bus/memory.ts";
import { systemRandom } from "../../main/system-random.ts";
import {
  groupName,
  policyName,
  subjects,
  type ComplianceState,
  type RolloutState,
  type Store,
} from "../../ports/index.ts";
import { anAudit, enrolled } from "../../ports/store-suite/store.fixture.ts";
import { tagging } from "../../ports/store-suite/tags.suite.ts";
import { openSqliteStore } from "../../store/sqlite.ts";
import { startRollouts } from "./rollouts.ts";

const LOG = { info: () => undefined, warn: assert.ifError, error: assert.ifError };
const POLICY = theName("dial");

test("each second as many devices are begun with as the rules say, and their gateways are told", async () => {
  await using world = await aWorld();
  const devices = await world.members(5);
  const told: DeviceKey[] = [];
  world.bus.subscribe(subjects.everyMembersChanged, (changed) => told.push(...changed.devices));
  await world.publish();
  world.start();
  assert.deepEqual(await world.afterSeconds(1, 2), devices.slice(0, 2));
  assert.deepEqual(await world.afterSeconds(1, 4), devices.slice(0, 4));
  assert.deepEqual(await world.afterSeconds(1, 5), devices);
  await world.reaches("complete");
  assert.deepEqual(told, devices);
});

test("an earlier version is brought back at the rate, to those that the bad one hurt first", async () => {
  await using world = await aWorld();
  const [first, second, third, held, pending, hurt] = await world.members(6);
  assert.ok(held !== undefined && pending !== undefined && hurt !== undefined);
  await world.publish();
  await world.publish();
  await world.begin([held, pending, hurt]);
  await world.stands(held, "applied");
  await world.stands(hurt, "faulted");
  await world.publish(1);
  world.start();
  assert.deepEqual(await world.broughtBack(2), [held, hurt]);
  assert.deepEqual(await world.broughtBack(4), [first, held, pending, hurt]);
  assert.deepEqual(await world.broughtBack(6), [first, second, third, held, pending, hurt]);
});

test("a run that ends in the middle is gone on with by the next one", async () => {
  await using world = await aWorld();
  const devices = await world.members(5);
  await world.publish();
  const first = world.start();
  await world.afterSeconds(1, 2);
  await first.close();
  world.start();
  assert.deepEqual(await world.afterSeconds(1, 4), devices.slice(0, 4));
});

test("who joined or left, and was not heard of, is found within little more than a minute", async () => {
  await using world = await aWorld();
  const [first] = await world.members(1);
  assert.ok(first !== undefined);
  await world.publish();
  world.start();
  await world.afterSeconds(1, 1);
  await world.reaches("complete");
  const late = await enrolled(world.store, "late");
  await world.store.commit("set-tags", tagging(late, { add: ["gold"] }));
  await world.store.commit("set-tags", tagging(first, { remove: ["gold"] }, 60));
  for (let second = 0; second < 65; second += 1) await world.pass();
  assert.deepEqual(await world.begun(), [late]);
});

async function aWorld() {
  const stack = new AsyncDisposableStack();
  const directory = stack.use(tempDir());
  const clock = new VirtualClock();
  const store = await openSqliteStore({ path: directory.file("heliograph.db"), thread: "caller" });
  stack.defer(() => store.close());
  const bus = memoryBus({ clock, onError: assert.ifError });
  stack.defer(() => bus.close());
  await setUp(store);
  let version = 0;
  const begun = async (): Promise<readonly DeviceKey[]> => {
    const { items } = await store.compliance({ policy: POLICY, limit: 100 });
    return items.map(({ device }) => device);
  };
  /** What was committed before is known to whoever asked for it. */
  const settled = async (): Promise<void> => {
    await store.commit("move-relay", { position: 0 });
    await setImmediate();
  };
  /** A second passes, and what begins in it goes on. */
  const pass = async (): Promise<void> => {
    await clock.advance(1_000);
    await store.policies();
    await settled();
  };
  return {
    ...{ clock, store, bus, begun, pass },
    /** Ends with the world at the latest. */
    start() {
      const rollouts = startRollouts({ clock, store, bus, random: systemRandom, log: LOG });
      stack.defer(() => rollouts.close());
      return rollouts;
    },
    async members(count: number): Promise<readonly DeviceKey[]> {
      const devices: DeviceKey[] = [];
      for (let index = 0; index < count; index += 1) devices.push(await enrolled(store, String(index)));
      for (const device of devices) await store.commit("set-tags", tagging(device, { add: ["gold"] }));
      return devices;
    },
    async publish(rollsBackTo?: number): Promise<void> {
      version += 1;
      const back = rollsBackTo === undefined ? {} : { rollsBackTo };
      const audit = { ...anAudit("publish-policy"), at: version };
      const change = { name: POLICY, epoch: `e${version}`, at: clock.now(), by: "admin", audit };
      await store.commit("publish-policy", { ...change, ...back });
    },
    /** Some of the group are to hold what was published last. */
    async begin(devices: readonly DeviceKey[]): Promise<void> {
      await store.commit("begin-compliance", { policy: POLICY, version, devices, at: clock.now() });
    },
    async stands(device: DeviceKey, state: ComplianceState): Promise<void> {
      await store.commit("record-compliance", { policy: POLICY, version, device, state, at: clock.now() });
    },
    /** A second passes; gives who was begun with by what was published last once those are so many. */
    async broughtBack(count: number): Promise<readonly DeviceKey[]> {
      await clock.advance(1_000);
      for (;;) {
        const { items } = await store.compliance({ policy: POLICY, limit: 100 });
        const devices = items.filter((row) => row.version === version).map(({ device }) => device);
        if (devices.length < count) continue;
        await settled();
        return devices;
      }
    },
    /** Gives who was begun with once those are so many; no time passes meanwhile. */
    async afterSeconds(seconds: number, count: number): Promise<readonly DeviceKey[]> {
      await clock.advance(seconds * 1_000);
      for (;;) {
        const devices = await begun();
        if (devices.length < count) continue;
        await settled();
        return devices;
      }
    },
    async reaches(state: RolloutState): Promise<void> {
      while ((await store.policy(POLICY))?.rollout?.state !== state) await pass();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A group, and a policy for it that is not published yet. */
async function setUp(store: Store): Promise<void> {
  const gold = groupName("gold");
  assert.ok(gold !== undefined);
  const made = { description: "", at: 0 };
  await store.commit("set-group", {
    ...{ ...made, name: gold, expression: 'tag = "gold"', trustedFactsOnly: true },
    audit: anAudit("set-group"),
  });
  await store.commit("set-policy", {
    ...{ ...made, name: POLICY, group: gold },
    draft: { priority: 0, hold: "mend", values: { "Device.X.": { Mode: "a" } }, objects: [] },
    rules: { waves: [1], perSecond: 2, pauseMs: 0, stopAt: { faulted: 100, share: 0.5 } },
    audit: anAudit("set-policy"),
  });
}

function theName(text: string) {
  const name = policyName(text);
  assert.ok(name !== undefined);
  return name;
}
