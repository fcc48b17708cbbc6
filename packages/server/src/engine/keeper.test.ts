import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../bus/memory.ts";
import { engineId, type EngineId, type Store } from "../ports/index.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { EngineLink } from "./engine-link.fixture.ts";
import { homeOf } from "./home.ts";
import { Keeper } from "./keeper.ts";

test("one engine runs the loop, its outlet first; when it closes, another one does at once", async (t) => {
  const world = await aWorld(t, ["a", "b", "c"]);
  const [first, ...others] = world.inOrder();
  assert.deepEqual(world.running(), [`${first}'s outlet`, `${first}'s loop`]);
  await world.close(first);
  await world.settled();
  assert.deepEqual(world.running(), [`${others[0]}'s outlet`, `${others[0]}'s loop`]);
  assert.deepEqual(world.told.slice(2, 4), [`${first}'s loop ends`, `${first}'s outlet ends`]);
});

test("the duty of an engine that was killed is another's within about ten seconds, and not before its term is over", async (t) => {
  const world = await aWorld(t, ["a", "b"]);
  const [first, second] = world.inOrder();
  await world.pass(20_000);
  world.kill(first);
  await world.pass(5_000);
  assert.deepEqual(world.running(), [`${first}'s outlet`, `${first}'s loop`]);
  await world.pass(6_000);
  assert.deepEqual(world.running().slice(2), [`${second}'s outlet`, `${second}'s loop`]);
});

test("two engines that do not see each other do not both run the loop", async (t) => {
  const world = await aWorld(t, ["a", "b"]);
  const [first, second] = world.inOrder();
  world.sees(second, [second]);
  for (let seconds = 0; seconds < 60; seconds += 1) {
    await world.pass(1_000);
    assert.deepEqual(world.running(), [`${first}'s outlet`, `${first}'s loop`]);
  }
});

test("an engine that stands still has lost the duty when it goes on, and ends its loop before anything else", async (t) => {
  const world = await aWorld(t, ["a", "b"]);
  const [first, second] = world.inOrder();
  world.standStill(first);
  world.sees(second, [second]);
  await world.pass(12_000);
  assert.ok(world.running().includes(`${second}'s loop`));
  world.goOn(first);
  await world.settled();
  assert.deepEqual(world.running(), [`${second}'s outlet`, `${second}'s loop`]);
  await world.pass(5_000);
  assert.deepEqual(world.running(), [`${second}'s outlet`, `${second}'s loop`]);
});

test("a loop that is named later runs where the others do", async (t) => {
  const world = await aWorld(t, ["a", "b"]);
  const [first, second] = world.inOrder();
  for (const name of [first, second]) world.add(name, "late");
  await world.settled();
  assert.deepEqual(world.running().slice(2), [`${first}'s late`]);
});

test("a loop that cannot start leaves none running, and all are tried again", async (t) => {
  const world = await aWorld(t, ["a"]);
  let isBroken = true;
  world.keeper("a").whileKeeper(() => {
    if (isBroken) throw new Error("not yet");
    return { close: () => undefined };
  });
  await world.settled();
  assert.deepEqual(world.running(), []);
  isBroken = false;
  await world.pass(3_000);
  assert.deepEqual(world.running(), ["a's outlet", "a's loop"]);
});

test("a loop that cannot start keeps those after it from starting, and no loop is started twice", async (t) => {
  const world = await aWorld(t, ["a"]);
  let isBroken = true;
  world.keeper("a").whileKeeper(() => {
    if (isBroken) throw new Error("not yet");
    return { close: () => undefined };
  });
  world.add("a", "last");
  await world.pass(5_000);
  isBroken = false;
  await world.pass(3_000);
  assert.deepEqual(world.running(), ["a's outlet", "a's loop", "a's last"]);
});

test("a loop that is named while the others are about to start is started once", async (t) => {
  const world = await aWorld(t, []);
  const started = world.start("a", { isAlone: true });
  world.add("a", "late");
  await started;
  await world.settled();
  assert.deepEqual(world.running(), ["a's outlet", "a's loop", "a's late"]);
});

test("a loop that cannot end keeps no other from ending, nor the duty from its next engine", async (t) => {
  const world = await aWorld(t, ["a", "b"]);
  const [first, second] = world.inOrder();
  world.keeper(first).whileKeeper(() => ({ close: () => Promise.reject(new Error("it sticks")) }));
  await world.settled();
  await world.close(first);
  await world.settled();
  assert.deepEqual(world.running(), [`${second}'s outlet`, `${second}'s loop`]);
});

test("a term that is granted while the duty is handed over starts nothing, and the next engine has it at once", async (t) => {
  const world = await aWorld(t, ["a", "b"]);
  const [first, second] = world.inOrder();
  const comer = nameThatComesBefore([first, second]);
  const granted = world.holdGrants();
  world.keeper(first).membersChanged();
  await world.settled();
  world.sees(first, [first, second, comer]);
  await world.settled();
  granted.resolve();
  await world.settled();
  assert.deepEqual(world.running(), []);
  await world.start(comer);
  assert.deepEqual(world.running(), [`${comer}'s outlet`, `${comer}'s loop`]);
});

test("an engine that closes while its first term is granted leaves the duty to the next one", async (t) => {
  const world = await aWorld(t, []);
  const granted = world.holdGrants();
  const started = world.start("a");
  await world.settled();
  const closed = world.close("a");
  await world.settled();
  granted.resolve();
  await Promise.all([started, closed]);
  await world.start("b");
  assert.deepEqual(world.running(), ["b's outlet", "b's loop"]);
});

test("a duty whose loops take longer than a term to end is another's once they have ended, and not before", async (t) => {
  const world = await aWorld(t, ["a", "b"]);
  const [first, second] = world.inOrder();
  const ending = Promise.withResolvers<undefined>();
  world.keeper(first).whileKeeper(() => ({ close: () => ending.promise }));
  world.sees(second, [second]);
  await world.settled();
  const closed = world.close(first);
  await world.pass(30_000);
  const meanwhile = world.running();
  ending.resolve(undefined);
  await closed;
  assert.deepEqual(meanwhile, [`${first}'s outlet`, `${first}'s loop`]);
  await world.pass(1_000);
  assert.deepEqual(world.running(), [`${second}'s outlet`, `${second}'s loop`]);
});

test("an engine that is alone needs no row, whoever left one", async (t) => {
  const world = await aWorld(t, []);
  const change = { name: "keeper", engine: engineId("killed"), at: world.clock.now(), until: 1e15 };
  await world.store.commit("take-duty", change);
  await world.start("a", { isAlone: true });
  assert.deepEqual(world.running(), ["a's outlet", "a's loop"]);
  await world.pass(60_000);
  assert.equal(world.told.length, 2);
});

/** Of an engine that is home to the duty as soon as it comes. */
function nameThatComesBefore(names: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const name = `comer-${number}`;
    if (homeOf("keeper", [...names, name].map(engineId)) === name) return name;
  }
}

async function aWorld(t: TestContext, names: readonly string[]) {
  const clock = new VirtualClock();
  const bus = memoryBus({ clock, onError: assert.ifError });
  const directory = tempDir();
  const store = await openSqliteStore({ path: directory.file("heliograph.db") });
  const members = new Map<string, { keeper: Keeper; link: EngineLink; sees: readonly string[] }>();
  const told: string[] = [];
  let granted: Promise<undefined> | undefined;
  const running: string[] = [];
  const world = {
    clock,
    store,
    told,
    /** As the duty goes from one to the next. */
    inOrder(): [string, string, ...string[]] {
      const left = [...names];
      const order: string[] = [];
      while (left.length > 0) {
        const next = homeOf("keeper", left.map(engineId)) ?? "";
        order.push(left.splice(left.indexOf(next), 1)[0] ?? "");
      }
      const [first = "", second = "", ...rest] = order;
      return [first, second, ...rest];
    },
    running: () => [...running],
    /** The store goes on granting terms; that it did is heard once it is resolved. */
    holdGrants(): { resolve(): void } {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      granted = promise;
      return {
        resolve() {
          resolve(undefined);
        },
      };
    },
    keeper: (name: string) => memberOf(name).keeper,
    add(name: string, what: string) {
      memberOf(name).keeper.whileKeeper(() => run(`${name}'s ${what}`));
    },
    sees(name: string, seen: readonly string[]) {
      memberOf(name).sees = seen;
      memberOf(name).keeper.membersChanged();
    },
    async start(name: string, { isAlone = false } = {}) {
      const link = new EngineLink({ bus, clock });
      const member = { link, sees: [...names, name] };
      const ownership = {
        engine: engineId(name),
        owedMs: 0,
        isAlone,
        living: (): readonly EngineId[] => [...new Set(memberOf(name).sees)].map(engineId),
      };
      const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
      const commit: Store["commit"] = async (type, change, urgency) => {
        const result = await store.commit(type, change, urgency);
        if (type === "take-duty") await granted;
        return result;
      };
      const ports = { bus: link.bus, clock: link.clock, store: { commit }, log };
      const keeper = new Keeper(ownership, ports, () => run(`${name}'s outlet`));
      members.set(name, { ...member, keeper });
      keeper.whileKeeper(() => run(`${name}'s loop`));
      await keeper.start();
    },
    async close(name: string) {
      await memberOf(name).keeper.stop();
      await memberOf(name).keeper.leave();
      leave(name);
    },
    kill(name: string) {
      memberOf(name).link.kill();
      leave(name);
    },
    standStill(name: string) {
      memberOf(name).link.standStill();
    },
    goOn(name: string) {
      memberOf(name).link.goOn();
    },
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 500) {
        await clock.advance(500);
        await world.settled();
      }
    },
    async settled() {
      for (let turn = 0; turn < 4; turn += 1) {
        await store.commit("move-relay", { position: 0 });
        await setImmediate();
      }
    },
  };
  function memberOf(name: string) {
    const member = members.get(name);
    assert.ok(member !== undefined);
    return member;
  }
  function leave(name: string): void {
    members.delete(name);
    for (const other of members.values()) {
      other.sees = other.sees.filter((each) => each !== name);
      other.keeper.membersChanged();
    }
  }
  function run(what: string) {
    told.push(what);
    running.push(what);
    return {
      close() {
        told.push(`${what} ends`);
        running.splice(running.indexOf(what), 1);
      },
    };
  }
  t.after(async () => {
    for (const { keeper } of members.values()) await keeper.stop();
    await bus.close();
    await store.close();
    directory[Symbol.dispose]();
  });
  for (const name of names) await world.start(name);
  return world;
}
