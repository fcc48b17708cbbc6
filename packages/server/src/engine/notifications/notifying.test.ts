import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import {
  decodeDeviceRequest,
  grouped,
  groupedEntries,
  type DeviceKey,
  type RpcOutcome,
} from "@heliograph/protocol";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../../bus/memory.ts";
import { secretKeyVault } from "../../main/secret-key.ts";
import {
  subjects,
  WATCH_LEASE_MS,
  type DeviceCall,
  type OperationRecord,
  type RpcAsk,
  type RpcReply,
} from "../../ports/index.ts";
import { enrolled } from "../../ports/store-suite/store.fixture.ts";
import { openSqliteStore } from "../../store/sqlite.ts";
import { startNotifying } from "./notifying.ts";

const LEVEL = "Device.Sky.1.Level";
const COLOR = "Device.Sky.1.Color";
const LOG = { info: () => undefined, warn: () => undefined, error: assert.ifError };
/** Longer than anything takes that comes at all. */
const MOST_SECONDS = 200;

test("while somebody wants to see changes their device tells of them, and then as it did before [LIGHT-NOTIFY-1]", async () => {
  await using world = await aWorld();
  world.start();
  world.watch([LEVEL, COLOR]);
  await world.until(() => world.level() === 2);
  assert.deepEqual([...world.lender.attributes.values()], [2, 2]);
  assert.deepEqual(await world.lent(), [`${COLOR} 1`, `${LEVEL} 0`]);
  world.watch([]);
  await world.until(() => world.level() === 0);
  assert.deepEqual([...world.lender.attributes.values()], [0, 1]);
  await world.until(async () => (await world.lent()).length === 0);
});

test("who wants values every so often has no attribute set", async () => {
  await using world = await aWorld();
  world.start();
  world.watch([LEVEL], false);
  await world.pass(5);
  assert.deepEqual(world.lender.asked, []);
});

test("what was set by somebody who was killed is put back, unless it is watched still [LIGHT-NOTIFY-2]", async () => {
  await using world = await aWorld();
  const first = world.start();
  world.watch([LEVEL]);
  await world.until(() => world.level() === 2);
  await first.close();
  const second = world.start();
  for (let times = 0; times < 2; times += 1) {
    world.watch([LEVEL]);
    await world.pass(20);
  }
  assert.equal(world.level(), 2, "whoever watches has said so again");
  await second.close();
  world.start();
  await world.pass(WATCH_LEASE_MS / 1_000 - 2);
  assert.equal(world.level(), 2, "they may say so yet");
  await world.until(() => world.level() === 0);
  await world.until(async () => (await world.lent()).length === 0);
});

test("killed as the device is asked, it is noted already what is to be put back [LIGHT-NOTIFY-2]", async () => {
  await using world = await aWorld();
  const first = world.start();
  world.lender.isMute = true;
  world.watch([LEVEL]);
  await world.until(async () => (await world.lent()).length === 1);
  void first.close();
  world.lender.isMute = false;
  world.lender.attributes.set(LEVEL, 2);
  world.start();
  await world.until(() => world.level() === 0);
});

test("a device that refuses to tell at once is asked to tell with its next Inform, and then left alone [LIGHT-NOTIFY-3]", async () => {
  await using world = await aWorld();
  world.lender.refuses = 2;
  world.start();
  world.watch([LEVEL]);
  await world.until(() => world.level() === 1);
  assert.deepEqual(await world.lent(), [`${LEVEL} 0`]);
  world.watch([]);
  await world.until(async () => (await world.lent()).length === 0);
  world.lender.refuses = 1;
  world.watch([LEVEL]);
  await world.until(() => world.lender.asked.length >= 7);
  await world.pass(70);
  assert.deepEqual(await world.lent(), []);
  assert.equal(world.lender.asked.length, 7, world.lender.asked.join());
});

/** A device that lends its attributes, whose calls end as soon as they are asked for. */
class Lender {
  readonly attributes = new Map([
    [LEVEL, 0],
    [COLOR, 1],
  ]);
  readonly asked: string[] = [];
  readonly ended = new Map<string, OperationRecord>();
  /** From this notification on it refuses. */
  refuses = 3;
  isMute = false;

  async serve(device: DeviceKey, { id, rpcs, manager }: RpcAsk): Promise<RpcReply> {
    const [rpc] = rpcs;
    assert.ok(rpc !== undefined);
    if (this.isMute && rpc.method === "SetParameterAttributes") await new Promise(() => undefined);
    const outcome = this.#answer(rpc);
    const at = { createdAt: 0, endedAt: 0, expiresAt: 0 };
    const state = outcome.fault === undefined ? "done" : "faulted";
    const operation: OperationRecord = {
      ...{ id, device, rpcs, manager, reads: false, attempts: 1, sequence: 1, ...at, state },
      outcomes: [outcome],
    };
    this.ended.set(id, operation);
    return { type: "operation", operation, repeated: false };
  }

  #answer({ method, params }: DeviceCall): RpcOutcome {
    this.asked.push(method);
    const request = decodeDeviceRequest(method, params);
    assert.ok(request.ok);
    if (request.value.method === "GetParameterAttributes") {
      const list = request.value.params.ParameterNames.map(
        (path) => [path, { Notification: this.attributes.get(path) ?? 0, AccessList: [] }] as const,
      );
      return { result: { ParameterList: grouped(list) } };
    }
    assert.ok(request.value.method === "SetParameterAttributes");
    const set = [...groupedEntries(request.value.params.ParameterList)];
    if (set.some(([, { Notification = 0 }]) => Notification >= this.refuses)) {
      return { fault: { code: 9009, message: "no" } };
    }
    for (const [path, { Notification = 0 }] of set) this.attributes.set(path, Notification);
    return { result: {} };
  }
}

async function aWorld() {
  const stack = new AsyncDisposableStack();
  const directory = stack.use(tempDir());
  const clock = new VirtualClock();
  const store = await openSqliteStore({ path: directory.file("heliograph.db"), thread: "caller" });
  stack.defer(() => store.close());
  const bus = memoryBus({ clock, onError: assert.ifError });
  stack.defer(() => bus.close());
  const device = await enrolled(store, "1");
  const lender = new Lender();
  bus.serve(subjects.everyRpc, (ask) => lender.serve(device, ask));
  const lent = async (): Promise<readonly string[]> => {
    const borrowed = await store.borrowedNotifications(device);
    return borrowed.map(({ path, before }) => `${path} ${before}`);
  };
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await clock.advance(1_000);
      // What was committed before is known to whoever asked for it.
      await store.devicesThatLent({ limit: 1 });
      await setImmediate();
    }
  };
  return {
    ...{ lender, lent, pass },
    start(): { close(): Promise<void> } {
      return startNotifying({
        ...{ bus, clock, log: LOG, vault: secretKeyVault("00".repeat(32)) },
        store: {
          device: (key) => store.device(key),
          parameters: (key, path) => store.parameters(key, path),
          operation: (id) => Promise.resolve(lender.ended.get(id)),
          borrowedNotifications: (key) => store.borrowedNotifications(key),
          devicesThatLent: (query) => store.devicesThatLent(query),
          commit: (type, change) => store.commit(type, change),
        },
      });
    },
    watch(paths: readonly string[], onChange = true): void {
      bus.publish(subjects.watch(device), { device, id: "somebody", paths, onChange });
    },
    level: () => lender.attributes.get(LEVEL),
    async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
      for (let second = 0; second < MOST_SECONDS; second += 1) {
        if (await isSo()) return;
        await pass(1);
      }
      assert.fail(JSON.stringify([[...lender.attributes], lender.asked, await lent()]));
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
