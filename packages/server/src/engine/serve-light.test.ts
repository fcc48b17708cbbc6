import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { parseDeviceKey, type JsonObject } from "@heliograph/protocol";
import { subjects, type RotateReply } from "../ports/index.ts";
import { key } from "./device.fixture.ts";
import { Bench, get, ok, reboot, SETTINGS } from "./engine-bench.fixture.ts";
import { held, ScriptedGateway } from "./scripted-gateway.fixture.ts";

const add = { method: "AddObject", params: { ObjectName: "Device.Hosts." } };
const offer = { url: "wss://acs.example/light", subprotocol: "cwmp.json", byParameter: false };
const DAY_MS = 86_400_000;

test("an operation is called over the light connection as soon as it is stored, and its asker is told", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  await gateway.attached("l1");
  const operation = await bench.accepted([reboot], { waitMs: 10_000 });
  assert.equal(operation.state, "done");
  assert.deepEqual(
    gateway.calls.map(({ connection, generation, call }) => [connection, generation, call.method]),
    [["l1", 1, "Reboot"]],
  );
  assert.equal(bench.wakes, 0);
});

test("work that waited is called when the device is ready, and not before", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  const { id } = await bench.accepted([get]);
  const session = await gateway.open("l1");
  await bench.idle();
  assert.deepEqual(gateway.calls, []);
  await session.attach({});
  await bench.until(id, "done");
});

test("an operation and its claim are one commit", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  gateway.answer = held().answer;
  await gateway.attached("l1");
  await bench.idle();
  const before = bench.store.figures;
  const { id } = await bench.accepted([reboot]);
  await gateway.called(1);
  assert.equal((await bench.store.operation(id))?.state, "running");
  const { commits, changes } = bench.store.figures;
  assert.deepEqual([commits - before.commits, changes - before.changes], [1, 2]);
});

test("an operation that is refused claims nothing, and the device goes on with all it takes", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  const most = SETTINGS.maxOpenOperations;
  const first = held();
  gateway.answer = first.answer;
  await gateway.attached("l1", 8);
  for (let count = 0; count < most; count += 1) await bench.accepted([get]);
  await gateway.called(most);
  const full = await bench.ask([get]);
  assert.ok(full.type === "refused" && full.reason === "queue-full");
  const open = await bench.store.openOperations(key);
  assert.equal(gateway.calls.length, most);
  first.resolve(ok);
  for (const { id } of open) await bench.until(id, "done");
  gateway.answer = held().answer;
  for (let count = 0; count < most; count += 1) await bench.accepted([get]);
  await gateway.called(2 * most);
});

test("an operation that is asked for twice is called once", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  const first = held();
  gateway.answer = first.answer;
  await gateway.attached("l1", 8);
  const { id } = await bench.accepted([get], { idempotencyKey: "i" });
  const again = await bench.ask([get], { idempotencyKey: "i" });
  assert.ok(again.type === "operation" && again.repeated && again.operation.id === id);
  first.resolve(ok);
  await bench.until(id, "done");
  const late = await bench.ask([get], { idempotencyKey: "i" });
  assert.ok(late.type === "operation" && late.operation.state === "done");
  await bench.idle();
  assert.equal(gateway.calls.length, 1);
});

test("what a call over the light connection tells is learned", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  const result = { ParameterList: { "Device.DeviceInfo.": { UpTime: 7 } } };
  gateway.answer = () => Promise.resolve({ type: "answered", outcome: { result } });
  await gateway.attached("l1");
  await bench.accepted([get], { waitMs: 10_000 });
  const known = await bench.store.parameters(key, "Device.DeviceInfo.");
  assert.equal(known["Device.DeviceInfo."]?.["UpTime"]?.value, 7);
});

test("where a gateway is gone its connection is over, and the work waits for the next one", async (t) => {
  const bench = await Bench.open(t);
  const dead = new ScriptedGateway(bench);
  await dead.attached("l1");
  dead.die();
  const { id } = await bench.accepted([get]);
  await bench.until(id, "queued");
  while ((await bench.store.device(key))?.connection?.closed !== true) await setImmediate();
  await bench.idle();
  assert.equal(bench.wakes, 1);
  const gateway = new ScriptedGateway(bench);
  await gateway.attached("l2");
  await bench.until(id, "done");
});

test("a gateway that never tells of a call is told to close the connection", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  gateway.answer = held().answer;
  const session = await gateway.attached("l1");
  const { id } = await bench.accepted([get]);
  await gateway.called(1);
  await bench.clock.advance(90_000);
  await bench.until(id, "queued");
  assert.deepEqual(gateway.disconnects, [{ connection: "l1", code: 1001, reason: "10" }]);
  assert.deepEqual(await session.attach({}), { type: "not-owned" });
});

test("a connection that ended is over in the store, and why is told", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  const session = await gateway.attached("l1");
  session.close("the line was cut");
  while ((await bench.store.device(key))?.connection?.closed !== true) await setImmediate();
  const events = await bench.store.events({ after: 0, limit: 100 });
  assert.deepEqual(
    events.map(({ name, data }) => [name, data]),
    [
      ["connected", { subprotocol: "cwmp.json", address: "127.0.0.1" }],
      ["disconnected", { detail: "the line was cut" }],
    ],
  );
});

test("the newest connection takes the calls; the one before is closed, and attaches no more [LIGHT-OPEN-10]", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  const older = await gateway.attached("l1");
  await gateway.attached("l2");
  await bench.idle();
  assert.deepEqual(
    gateway.disconnects.map(({ connection, code }) => [connection, code]),
    [["l1", 4000]],
  );
  assert.deepEqual(await older.attach({}), { type: "superseded" });
  assert.deepEqual(await older.inform([]), { type: "superseded" });
  older.close("replaced");
  await bench.accepted([get], { waitMs: 10_000 });
  assert.equal(gateway.calls[0]?.connection, "l2");
});

test("an answer that the device owed counts on its next connection [LIGHT-LOSS-2]", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  gateway.answer = held().answer;
  const first = await gateway.attached("l1");
  const { id } = await bench.accepted([add]);
  const { call } = await gateway.called(1);
  first.close("cut");
  const second = await gateway.attached("l2");
  second.answered({ callId: call.callId, outcome: ok });
  const operation = await bench.until(id, "done");
  assert.equal(operation.attempts, 1);
});

test("a device that keeps answers is asked again by the same id", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  gateway.answer = held().answer;
  const first = await gateway.attached("l1");
  const { id } = await bench.accepted([add]);
  const { call } = await gateway.called(1);
  first.close("cut");
  const second = await gateway.open("l2");
  gateway.answer = () => Promise.resolve(ok);
  await second.attach({ replayWindow: 8 });
  const operation = await bench.until(id, "done");
  assert.equal(operation.attempts, 2);
  assert.deepEqual(
    gateway.calls.map((ask) => [ask.connection, ask.call.callId]),
    [
      ["l1", call.callId],
      ["l2", call.callId],
    ],
  );
});

test("a token that is too old, or of nobody, opens nothing", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  const refused = (reason: string) => ({ type: "refused", reason });
  assert.deepEqual(await gateway.connect("l1", { credentialVersion: 1 }), refused("revoked"));
  const stranger = parseDeviceKey("00D09E-Box-2");
  assert.ok(stranger !== undefined);
  assert.deepEqual(await gateway.connect("l1", { device: stranger }), refused("unknown-device"));
});

test("an Attach gives a token for a day, and none beyond a week from the device's own credentials [LIGHT-OPEN-7]", async (t) => {
  const bench = await Bench.open(t);
  const session = await new ScriptedGateway(bench).open("l1");
  const now = bench.clock.now();
  const expiries = [];
  for (const age of [0, 6.5 * DAY_MS, 8 * DAY_MS]) {
    const reply = await session.attach({ authTime: now - age });
    assert.ok(reply.type === "attached");
    const claims = readableClaims(reply.token.token);
    assert.deepEqual([claims["device"], claims["authTime"]], [key, now - age]);
    expiries.push([claims["expiresAt"], reply.token.expiresIn]);
  }
  assert.deepEqual(expiries, [
    [now + DAY_MS, 86_400],
    [now + DAY_MS / 2, 43_200],
    [now - DAY_MS, 0],
  ]);
});

test("an Inform over the light connection is stored before it is answered, and tells of lost calls [LIGHT-EVENT-2]", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  gateway.answer = held().answer;
  const first = await gateway.attached("l1");
  const { id } = await bench.accepted([reboot]);
  await gateway.called(1);
  first.close("the device rebooted");
  const second = await gateway.open("l2");
  const events = [
    { code: "1 BOOT", commandKey: "" },
    { code: "M Reboot", commandKey: "k" },
  ];
  assert.deepEqual(await second.inform(events), { type: "stored" });
  const device = await bench.store.device(key);
  assert.equal(device?.facts.softwareVersion, "2");
  assert.equal(device.lastBootAt, bench.clock.now());
  await bench.until(id, "done");
});

test("an Inform over HTTP leaves the calls to the light connection, and has it probed [LIGHT-HAND-5]", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  await gateway.attached("l1");
  const { reply } = await bench.announce({ offer });
  assert.ok(reply.type === "noted");
  assert.ok(reply.reference !== undefined);
  assert.equal(reply.reference.expiresIn, 600);
  await bench.accepted([get], { waitMs: 10_000 });
  assert.deepEqual(gateway.probes, [{ connection: "l1" }]);
  assert.equal(gateway.calls.length, 1);
});

test("a device that was referred and does not come has lapsed; its next session is served [LIGHT-HAND-2, LIGHT-HAND-3]", async (t) => {
  const bench = await Bench.open(t);
  const { id } = await bench.accepted([get]);
  await bench.idle();
  const session = await bench.inform([], { offer });
  assert.deepEqual(await session.next(), { type: "nothing" });
  session.close();
  await bench.idle();
  assert.equal(bench.wakes, 1);
  await bench.clock.advance(SETTINGS.lightGraceMs);
  while ((await bench.store.device(key))?.light?.lapsed !== true) await setImmediate();
  await bench.idle();
  assert.equal(bench.wakes, 2);
  const served = await bench.inform([], { offer });
  assert.equal((await served.next()).type, "call");
  assert.equal((await bench.store.operation(id))?.state, "running");
});

test("a reference by parameters goes out as a call, and its token is kept nowhere [LIGHT-REFER-5, LIGHT-REFER-6]", async (t) => {
  const bench = await Bench.open(t);
  const session = await bench.inform([], { offer: { ...offer, byParameter: true } });
  const reply = await session.next();
  assert.ok(reply.type === "call");
  const written = JSON.stringify(reply.call.params);
  assert.match(
    written,
    /"Device\.ManagementServer\.":\{"X_HELIOGRAPH_WebSocketURL":"wss:\/\/acs\.example\/light"/,
  );
  assert.match(written, /X_HELIOGRAPH_WebSocketToken/);
  assert.deepEqual(await session.next({ callId: reply.call.callId, outcome: ok }), { type: "nothing" });
  const parameters = await bench.store.parameters(key, "");
  const events = await bench.store.events({ after: 0, limit: 100 });
  assert.doesNotMatch(JSON.stringify([parameters, events]), /WebSocketToken|credentialVersion/);
});

test("a device that is connected gets new credentials at once, and its tokens end with the old", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  const session = await gateway.attached("l1");
  await session.inform([]);
  const before = await bench.store.device(key);
  assert.deepEqual(await rotate(bench), { type: "now" });
  const { call } = await gateway.called(1);
  assert.match(JSON.stringify(call.params), /"Device\.ManagementServer\.":\{"Username"/);
  while (gateway.revoked.length === 0) await setImmediate();
  assert.deepEqual(gateway.revoked, [{ device: key }]);
  const device = await bench.store.device(key);
  assert.equal(device?.credentials, "confirmed");
  assert.ok(device.credentialVersion > (before?.credentialVersion ?? Infinity));
});

test("a device that is away gets new credentials when it comes", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  assert.deepEqual(await rotate(bench), { type: "later" });
  assert.equal((await bench.store.device(key))?.credentials, "rotating");
  const session = await gateway.open("l1");
  await session.inform([]);
  session.close("cut");
  await gateway.attached("l2");
  assert.equal((await gateway.called(1)).call.method, "SetParameterValues");
});

test("a turn that fails is told, and its device's work is taken up a while later", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  const session = await gateway.attached("l1");
  await session.inform([]);
  const open = { ...bench.vault };
  bench.vault.seal = () => {
    throw new Error("the vault is shut");
  };
  await assert.rejects(rotate(bench), { code: "E_REQUEST_FAILED" });
  bench.errors = [];
  const { id } = await bench.accepted([get]);
  while (bench.errors.length === 0) await setImmediate();
  assert.deepEqual(bench.errors, ["a device's turn failed"]);
  assert.equal(gateway.calls.length, 0);
  Object.assign(bench.vault, open);
  await bench.clock.advance(30_000);
  await bench.until(id, "done");
  assert.deepEqual(
    gateway.calls.map(({ call }) => call.method),
    ["SetParameterValues", "GetParameterValues"],
  );
});

function rotate(bench: Bench): Promise<RotateReply> {
  return bench.bus.request(subjects.rotate(key), { manager: "tester" }, { timeoutMs: 10_000 });
}

/** What a token of the bench says. */
function readableClaims(token: string): JsonObject {
  const claims: unknown = JSON.parse(token);
  assert.ok(isObject(claims));
  return claims;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null;
}
