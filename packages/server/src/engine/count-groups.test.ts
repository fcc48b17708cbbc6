import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExpression, printExpression } from "@heliograph/protocol";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../bus/memory.ts";
import { groupName, subjects, type GroupName, type GroupRecord, type Store } from "../ports/index.ts";
import { anAudit, connected, enrolled } from "../ports/store-suite/store.fixture.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { startCounting } from "./count-groups.ts";

const LOG = { info: () => undefined, warn: assert.ifError, error: assert.ifError };

test("what an earlier run left of a counting is finished by the next one", async () => {
  await using world = await aWorld();
  const { store } = world;
  await enrolMany(store, 450);
  await setGroup(world, "all", "has key");
  await store.commit("count-groups", { at: world.clock.now(), limit: 200 });
  assert.equal((await theGroup(store, "all")).counting?.counted, 200);
  world.start();
  assert.equal((await counted(store, "all")).members, 450);
});

test("a group that is new is counted once it is heard of, and an end in the middle ends nothing for good", async () => {
  await using world = await aWorld();
  const { store, bus } = world;
  await enrolMany(store, 900);
  const counting = world.start();
  await setGroup(world, "all", "has key");
  bus.publish(subjects.configChanged, { what: "groups" });
  await counting.close();
  world.start();
  assert.equal((await counted(store, "all")).members, 900);
});

test("groups that ask for times are counted every five minutes, others are not", async () => {
  await using world = await aWorld();
  const { store, clock } = world;
  const key = await enrolled(store, "1");
  await connected(store, key, "c1");
  await setGroup(world, "silent", "lastInform < 1h ago");
  await setGroup(world, "all", "has key");
  world.start();
  await counted(store, "silent");
  const before = await theGroup(store, "silent");
  clock.jump(2_000_000_000_000 - clock.now());
  await clock.advance(299_000);
  assert.equal((await theGroup(store, "silent")).members, before.members);
  await clock.advance(1_000);
  await memberOf(store, "silent");
  const { items } = await store.groupChanges({ group: named("silent"), limit: 1 });
  assert.equal(items[0]?.data["because"], "time");
});

async function aWorld() {
  const stack = new AsyncDisposableStack();
  const directory = stack.use(tempDir());
  const clock = new VirtualClock();
  const store = await openSqliteStore({ path: directory.file("heliograph.db"), thread: "caller" });
  stack.defer(() => store.close());
  const bus = memoryBus({ clock, onError: assert.ifError });
  stack.defer(() => bus.close());
  return {
    ...{ clock, store, bus },
    /** Ends with the world at the latest. */
    start() {
      const counting = startCounting({ clock, store, bus, log: LOG });
      stack.defer(() => counting.close());
      return counting;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function enrolMany(store: Store, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => enrolled(store, String(index))));
}

async function setGroup(
  { store, clock }: { readonly store: Store; readonly clock: VirtualClock },
  name: string,
  text: string,
): Promise<void> {
  const read = parseExpression(text);
  assert.ok(read.ok);
  await store.commit("set-group", {
    name: named(name),
    description: "",
    expression: printExpression(read.value),
    trustedFactsOnly: false,
    at: clock.now(),
    audit: anAudit("set-group", { detail: { name } }),
  });
}

/** Each question lets the counting go on. */
async function counted(store: Store, name: string): Promise<GroupRecord> {
  for (;;) {
    const group = await theGroup(store, name);
    if (group.counting === undefined) return group;
  }
}

async function memberOf(store: Store, name: string): Promise<void> {
  while ((await theGroup(store, name)).members === 0);
}

async function theGroup(store: Store, name: string): Promise<GroupRecord> {
  const group = await store.group(named(name));
  assert.ok(group !== undefined);
  // Reads by key answer at once: the store's thread needs a turn.
  await store.groups();
  return group;
}

function named(name: string): GroupName {
  const group = groupName(name);
  assert.ok(group !== undefined);
  return group;
}
