import assert from "node:assert/strict";
import { test } from "node:test";
import { askedOf, subjects, type CallOutcome, type EngineId, type EventRecord } from "../ports/index.ts";
import { key } from "./device.fixture.ts";
import { answered, anOperationId, get, ok, reboot, SETTINGS } from "./engine-bench.fixture.ts";
import { homeOf } from "./home.ts";
import { held, ScriptedGateway } from "./scripted-gateway.fixture.ts";
import { SeveralEngines, type Member } from "./several-engines.fixture.ts";

const add = { method: "AddObject", params: { ObjectName: "Device.Hosts." } };
const offer = { url: "wss://acs.example/light", subprotocol: "cwmp.json", byParameter: false };
const PATIENCE = { timeoutMs: 60_000 };

test("whichever engine is asked, the one that owns the connection calls, and tells who waits", async (t) => {
  const engines = await SeveralEngines.open(t, 3);
  const gateway = new ScriptedGateway(engines);
  await gateway.attached("l1");
  const owner = await engines.owner();
  for (let count = 0; count < 6; count += 1) {
    const { state } = await engines.ask([get], { waitMs: 10_000 });
    assert.equal(state, "done");
  }
  assert.equal(gateway.calls.length, 6);
  const passed = engines.asked.filter((subject) => subject === subjects.passedRpc(owner.engine.id, key));
  assert.ok(passed.length > 0, "engines that do not own it passed it on");
  assert.equal((await engines.store.device(key))?.generation, 1);
});

test("an operation that waits is cancelled through any engine, and is not called any more", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const gateway = new ScriptedGateway(engines);
  const first = held();
  gateway.answer = first.answer;
  await gateway.attached("l1");
  await engines.ask([add]);
  await gateway.called(1);
  for (let count = 0; count < 2; count += 1) {
    const { id } = await engines.ask([reboot]);
    const reply = await engines.bus.request(subjects.cancel(id), { manager: "tester" }, PATIENCE);
    assert.equal(reply.type, "cancelled");
  }
  first.resolve(ok);
  await engines.settled();
  assert.equal(gateway.calls.length, 1);
});

test("new credentials, relief and operations of several devices reach the owner from any engine", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const gateway = new ScriptedGateway(engines);
  await gateway.attached("l1");
  for (let count = 0; count < 2; count += 1) {
    const rotated = await engines.bus.request(subjects.rotate(key), { manager: "tester" }, PATIENCE);
    assert.deepEqual(rotated, { type: "now" });
    const relieved = await engines.bus.request(subjects.relieve(key), { manager: "tester" }, PATIENCE);
    assert.deepEqual(relieved, { type: "relieved" });
    const operation = { id: anOperationId(), device: key, rpcs: [get], manager: "tester" };
    const accepted = await engines.bus.request(subjects.acceptAll, { operations: [operation] }, PATIENCE);
    assert.equal(accepted.type, "accepted");
    await engines.until(operation.id, "done");
  }
});

test("an Inform beside a light connection reaches the engine that owns it", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const gateway = new ScriptedGateway(engines);
  gateway.answer = held().answer;
  await gateway.attached("l1");
  const { id } = await engines.ask([reboot]);
  await gateway.called(1);
  const owner = await engines.owner();
  const events = [
    { code: "1 BOOT", commandKey: "" },
    { code: "M Reboot", commandKey: "k" },
  ];
  const session = await engines.inform(key, events);
  const elsewhere = await engines.inform(key, events);
  assert.deepEqual([session.reply.type, elsewhere.reply.type], ["noted", "noted"]);
  assert.notEqual(session.reply.engine, elsewhere.reply.engine);
  await engines.until(id, "done");
  assert.equal(await engines.owner(), owner);
});

test("an engine that referred a device does not take itself for its owner once it attached by another one", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const [referrer, gateway] = await attachedElsewhere(engines);
  const done = await engines.bus.request(
    askedOf(referrer.engine.id, subjects.rpc(key)),
    { id: anOperationId(), rpcs: [get], manager: "tester", waitMs: 10_000 },
    PATIENCE,
  );
  assert.ok(done.type === "operation");
  assert.equal(done.operation.state, "done");
  assert.equal(gateway.calls.length, 1);
  const owner = await engines.owner();
  assert.ok(engines.asked.includes(subjects.passedRpc(owner.engine.id, key)), "the owner was asked for it");
});

test("what an engine is told of a device that it referred, and that attached by another one, is passed on", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const [referrer, gateway] = await attachedElsewhere(engines);
  const first = held();
  gateway.answer = first.answer;
  await engines.ask([add]);
  await gateway.called(1);
  const { id } = await engines.ask([reboot]);
  const asked = askedOf(referrer.engine.id, subjects.cancel(id));
  const { type } = await engines.bus.request(asked, { manager: "tester" }, PATIENCE);
  assert.equal(type, "cancelled");
  first.resolve(ok);
  await engines.settled();
  assert.equal(gateway.calls.length, 1);
});

test("a device that is not connected is woken once, whoever is asked", async (t) => {
  const engines = await SeveralEngines.open(t, 3);
  for (let count = 0; count < 3; count += 1) await engines.ask([get]);
  await engines.settled();
  assert.deepEqual(engines.woken, [key]);
  await engines.pass(30_000);
  assert.equal(engines.woken.length, 2, "and again when its time is over");
});

test("two engines that do not see each other wake a device once, and end its operation once", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  for (const { link } of engines.members) link.deafTo = /\.alive$|\.engines$/;
  await engines.pass(20_000);
  await engines.ask([get], { expiresAt: engines.clock.now() + 300_000 });
  const { id } = await engines.ask([get], { expiresAt: engines.clock.now() + 300_000 });
  await engines.settled();
  assert.deepEqual(engines.woken, [key]);
  await engines.pass(400_000);
  assert.equal((await engines.store.operation(id))?.state, "expired");
  const events = await engines.store.events({ after: 0, limit: 100 });
  assert.equal(
    events.filter(({ operation, data }) => operation === id && data["state"] === "expired").length,
    1,
  );
});

test("where an engine is killed with a call out, the answer that is owed counts with the next one", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const gateway = new ScriptedGateway(engines);
  gateway.answer = held().answer;
  await gateway.attached("l1");
  const { id } = await engines.ask([add]);
  const { call } = await gateway.called(1);
  engines.kill(await engines.owner());
  const again = await gateway.open("l1");
  await again.attach({});
  again.answered({ callId: call.callId, outcome: ok });
  const operation = await engines.until(id, "done");
  assert.equal(operation.attempts, 1);
  assert.equal((await engines.store.device(key))?.generation, 2);
});

test("the work that a killed engine left is taken up by the one that is home to it then", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const { id } = await engines.ask([get], { expiresAt: engines.clock.now() + 200_000 });
  await engines.settled();
  const home = homeIn(engines);
  engines.kill(home);
  await engines.pass(60_000);
  assert.ok(engines.woken.length > 1, "it is woken again");
  await engines.pass(200_000);
  assert.equal((await engines.store.operation(id))?.state, "expired");
});

test("an engine that stood still tells of no call once its device was taken over, and makes none", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const { id } = await engines.ask([add]);
  await engines.ask([reboot]);
  await engines.settled();
  const session = await engines.inform();
  const call = await session.next();
  const owner = await engines.owner();
  owner.link.standStill();
  await engines.pass(20_000);
  const left = await engines.until(id, "outcome-unknown");
  owner.link.goOn();
  assert.deepEqual(await session.next(answered(call, ok)), { type: "superseded" });
  await engines.settled();
  assert.deepEqual(await engines.store.operation(id), left);
  const [waiting] = await engines.store.openOperations(key);
  assert.equal(waiting?.state, "queued");
  assert.equal(waiting.attempts, 0);
});

test("an engine that stood still is refused by the store what its light connection was asked, and lets go", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const gateway = new ScriptedGateway(engines);
  await gateway.attached("l1");
  const owner = await engines.owner();
  owner.link.standStill();
  await engines.pass(8_000);
  const again = await engines.patiently(() => gateway.open("l1"));
  await again.attach({});
  assert.notEqual(await engines.owner(), owner);
  owner.link.goOn();
  await engines.pass(1_000);
  for (let count = 0; count < 4; count += 1) {
    assert.equal((await engines.ask([get], { waitMs: 10_000 })).state, "done");
  }
  assert.deepEqual([...new Set(gateway.calls.map(({ generation }) => generation))], [2]);
});

test("an engine that owned a connection, and did not hear that it lost it, passes on what the device is asked", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const gateway = new ScriptedGateway(engines);
  const [first, second] = engines.members;
  assert.ok(first !== undefined && second !== undefined);
  await gateway.open("l1", first.engine.id);
  const session = await gateway.open("l1", second.engine.id);
  await session.attach({});
  const ask = { id: anOperationId(), rpcs: [get], manager: "tester", waitMs: 10_000 };
  const subject = askedOf(first.engine.id, subjects.rpc(key));
  const reply = await engines.patiently(() => engines.bus.request(subject, ask, PATIENCE));
  assert.ok(reply.type === "operation");
  assert.equal(reply.operation.state, "done");
  assert.deepEqual(
    gateway.calls.map(({ generation }) => generation),
    [2],
  );
});

test("a device moves between engines with its sessions, and what waits goes along", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const owners = new Set<EngineId>();
  for (let count = 0; count < 4; count += 1) {
    const { id } = await engines.ask([add]);
    const session = await engines.inform();
    owners.add(session.reply.engine);
    const call = await session.next();
    assert.deepEqual(await session.next(answered(call, ok)), { type: "nothing" });
    session.close();
    await engines.until(id, "done");
  }
  assert.equal(owners.size, 2);
});

test("an engine that comes takes its share of what waits, and the others let go of it", async (t) => {
  const engines = await SeveralEngines.open(t, 1);
  const [first] = engines.members;
  assert.ok(first !== undefined);
  const devices = [key];
  for (let number = 2; number < 12; number += 1) devices.push(await engines.enrol(String(number)));
  for (const device of devices) await engines.ask([get], { device });
  await engines.settled();
  assert.equal(engines.woken.length, devices.length);
  const second = await engines.start();
  await engines.pass(1_000);
  const ids = [first.engine.id, second.engine.id];
  const moved = devices.filter((device) => homeOf(device, ids) === second.engine.id);
  assert.ok(moved.length > 0 && moved.length < devices.length);
  first.link.standStill();
  engines.woken.length = 0;
  await engines.pass(5_000);
  await engines.pass(29_000 - 5_000 - 1_000);
  for (const device of moved) assert.ok(!engines.woken.includes(device), "none before its time");
  first.link.goOn();
  await engines.pass(40_000);
  for (const device of devices) {
    assert.equal(engines.woken.filter((each) => each === device).length, 1, "each once, by either");
  }
});

test("a light connection of which engine and gateway are gone is closed when its device is asked for", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const gateway = new ScriptedGateway(engines);
  await gateway.attached("l1");
  gateway.die();
  engines.kill(await engines.owner());
  await engines.ask([get]);
  await engines.settled();
  assert.equal((await engines.store.device(key))?.connection?.closed, true);
  assert.deepEqual(engines.woken, [key]);
});

test("a light connection of which engine and gateway are gone is closed within two minutes where nobody asks", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const gateway = new ScriptedGateway(engines);
  await gateway.attached("l1");
  gateway.die();
  engines.kill(await engines.owner());
  await engines.pass(50_000);
  assert.notEqual((await engines.store.device(key))?.connection?.closed, true);
  await engines.pass(70_000);
  assert.equal((await engines.store.device(key))?.connection?.closed, true);
});

test("a light connection that its gateway announced to another engine stays open", async (t) => {
  const engines = await SeveralEngines.open(t, 2);
  const gateway = new ScriptedGateway(engines);
  await gateway.attached("l1");
  engines.kill(await engines.owner());
  await (await gateway.open("l1")).attach({});
  await engines.pass(120_000);
  assert.notEqual((await engines.store.device(key))?.connection?.closed, true);
  assert.equal((await engines.ask([get], { waitMs: 10_000 })).state, "done");
});

test("events are carried to the bus by one engine, also those of another, and by the next one when it is killed", async (t) => {
  const engines = await SeveralEngines.open(t, 3);
  const heard: EventRecord["id"][] = [];
  engines.bus.subscribe(subjects.everyOperationChange, ({ id }) => heard.push(id));
  for (let count = 0; count < 3; count += 1) await engines.ask([get]);
  // The duty moved as engines came; whom it was refused to asks again after a second.
  await engines.pass(2_000);
  assert.deepEqual(heard, [...new Set(heard)], "each once");
  const before = heard.length;
  assert.equal(before, 3);
  engines.kill(keeperIn(engines));
  await engines.pass(2_000);
  const session = await engines.inform();
  await session.next(answered(await session.next(), ok));
  await engines.pass(10_000);
  assert.ok(heard.length > before, "what was stored meanwhile is told within ten seconds");
});

test("no call is made twice however two engines are asked while the owner is killed", async (t) => {
  const engines = await SeveralEngines.open(t, 3);
  const gateway = new ScriptedGateway(engines);
  const outcomes: CallOutcome[] = [];
  gateway.answer = () => {
    outcomes.push(ok);
    return Promise.resolve(ok);
  };
  await gateway.attached("l1");
  const asked = [await engines.ask([add]), await engines.ask([add])];
  engines.kill(await engines.owner());
  asked.push(await engines.ask([add]));
  await (await gateway.open("l1")).attach({});
  await engines.pass(SETTINGS.callTimeoutMs + 60_000);
  for (const { id } of asked) {
    const operation = await engines.store.operation(id);
    assert.ok(operation?.endedAt !== undefined && operation.attempts <= 1, JSON.stringify(operation));
  }
  assert.ok(outcomes.length <= asked.length);
});

/** The engine that referred the device, and the gateway by which it attached at the other one. */
async function attachedElsewhere(engines: SeveralEngines): Promise<readonly [Member, ScriptedGateway]> {
  const gateway = new ScriptedGateway(engines);
  for (let count = 0; count < 4; count += 1) {
    const session = await engines.inform(key, [], { offer });
    const referrer = engines.member(session.reply.engine);
    session.close();
    await gateway.attached(`l${count}`);
    if ((await engines.owner()) !== referrer) return [referrer, gateway];
  }
  assert.fail("the engine that refers it owns it each time");
}

function homeIn(engines: SeveralEngines): Member {
  const home = homeOf(
    key,
    engines.members.map(({ engine }) => engine.id),
  );
  assert.ok(home !== undefined);
  return engines.member(home);
}

function keeperIn(engines: SeveralEngines): Member {
  const keeper = homeOf(
    "keeper",
    engines.members.map(({ engine }) => engine.id),
  );
  assert.ok(keeper !== undefined);
  return engines.member(keeper);
}
