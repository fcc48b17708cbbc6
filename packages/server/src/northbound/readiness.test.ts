import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../bus/memory.ts";
import { subjects } from "../ports/index.ts";
import { lookAtReadiness, READY_MS, type ReadinessPorts } from "./readiness.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

test("a server that has all it needs is good in everything", async () => {
  assert.deepEqual(await look({ sendsAway: () => false }), [
    { name: "reading", state: "good" },
    { name: "changing", state: "good" },
    { name: "newcomers", state: "good" },
  ]);
});

test("a process to which no devices come says nothing of newcomers", async () => {
  assert.deepEqual(
    (await look()).map(({ name }) => name),
    ["reading", "changing"],
  );
});

test("each trouble says of itself what it is", async () => {
  const full = { refusal: "the disk of the store is full" };
  assert.deepEqual(await look({ sendsAway: () => true }, full), [
    { name: "reading", state: "good" },
    { name: "changing", state: "troubled", why: "the disk of the store is full" },
    {
      name: "newcomers",
      state: "troubled",
      why: "the ACS cannot keep up: devices that come anew are told to come later",
    },
  ]);
  const gone = { lastEventId: () => Promise.reject(new Error("it is closed")) };
  const [reading] = await look({}, gone);
  assert.deepEqual(reading, { name: "reading", state: "troubled", why: "the store cannot be read" });
});

test("a store that gives no answer is waited for as long as a probe may take, and no longer", async () => {
  const clock = new VirtualClock();
  const looking = look({ clock }, { lastEventId: () => new Promise<number>(() => undefined) });
  await clock.advance(READY_MS);
  const [reading] = await looking;
  assert.equal(reading?.why, "the store gave no answer within 2 seconds");
});

test("a process that asks engines says whether one answers", async () => {
  const clock = new VirtualClock();
  const bus = memoryBus({ clock, onError: () => undefined });
  const missing = await look({ bus });
  assert.deepEqual(
    missing.map(({ name, state }) => `${name} ${state}`),
    ["reading good", "changing good", "engine troubled"],
  );
  assert.match(missing.at(-1)?.why ?? "", /^no engine answers: nobody serves/);
  bus.serve(subjects.engines, () => Promise.resolve({ engines: [] }));
  assert.deepEqual((await look({ bus })).at(-1), { name: "engine", state: "good" });
  await bus.close();
});

/** What is found with these ports, on a store that can be read and changed but for what is said otherwise. */
function look(ports: Partial<ReadinessPorts> = {}, otherwise: Partial<ReadinessPorts["store"]> = {}) {
  const store = { refusal: undefined, lastEventId: () => Promise.resolve(1), ...otherwise };
  return lookAtReadiness({ clock: new VirtualClock(), log, store, ...ports });
}
