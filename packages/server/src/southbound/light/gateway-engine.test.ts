import assert from "node:assert/strict";
import { test } from "node:test";
import { asJson, MAKER, openLightBench } from "../../../test/light-gateway-bench.ts";
import type { LightBench } from "../../../test/light-gateway-bench.ts";
import { LightEngine } from "../../../test/light-gateway-engine.ts";
import { ALIVE_MS, callId, connectionId, SILENT_MS, subjects } from "../../ports/index.ts";

const reboot = { method: "Reboot", params: { CommandKey: "k" } };
const kicked = { Command: "c" };
const inform = {
  DeviceId: { ...MAKER, SerialNumber: "S1" },
  Event: [{ EventCode: "2 PERIODIC" }],
  MaxEnvelopes: 1,
  CurrentTime: "2026-01-01T00:00:00Z",
  RetryCount: 0,
  ParameterList: {},
};

test("a call to a connection that is not here is not sent", async () => {
  await using bench = await openLightBench();
  const { announcement } = await bench.attach();
  const elsewhere = { ...announcement, connection: connectionId("0".repeat(32)) };
  assert.deepEqual(await bench.engine.call(elsewhere, "a1", reboot), { type: "not-sent" });
});

test("a call of whoever owned the connection before is not sent; its owner's is", async () => {
  await using bench = await openLightBench({ engine: { generation: 6 } });
  const { device, announcement } = await bench.attach();
  const call = { callId: callId("a1"), ...reboot };
  assert.deepEqual(await bench.engine.callAs(6, announcement, call), { type: "not-sent" });
  void bench.engine.callAs(7, announcement, call);
  assert.equal((await device.hear()).id, "a1");
});

test("a call whose answer the bus lost does not leave twice: who asks again is told how it ends, or how it ended", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  const called = bench.engine.call(announcement, "a1", reboot);
  await device.hear();
  const again = bench.engine.callAgain(announcement, "a1", reboot);
  device.say({ id: "a1", result: {} });
  const answered = { type: "answered", outcome: { result: {} } };
  assert.deepEqual(asJson(await Promise.all([called, again])), [answered, answered]);
  assert.deepEqual(asJson(await bench.engine.callAgain(announcement, "a1", reboot)), answered);
  assert.equal(device.heard.untaken, 0);
});

test("a call that the bus lost before it was heard here leaves when it is asked for again", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  const called = bench.engine.callAgain(announcement, "a1", reboot);
  assert.equal((await device.hear()).id, "a1");
  device.say({ id: "a1", result: {} });
  assert.equal((await called).type, "answered");
});

test("who asks again for a call that may have left is told that nobody knows, and not that it was not sent", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  for (let number = 0; number <= 256; number += 1) {
    const called = bench.engine.call(announcement, `a${number}`, reboot);
    await device.hear();
    device.say({ id: `a${number}`, result: {} });
    await called;
  }
  const unknown = { code: "E_REQUEST_FAILED" };
  await assert.rejects(bench.engine.callAgain(announcement, "a0", reboot), unknown);
  const elsewhere = { ...announcement, connection: connectionId("0".repeat(32)) };
  await assert.rejects(bench.engine.callAgain(elsewhere, "b1", reboot), unknown);
  assert.equal(device.heard.untaken, 0);
});

test("an engine that heard late of an earlier announcement is told of one that is later", async () => {
  const replies = [{ type: "superseded" } as const];
  await using bench = await openLightBench({
    engine: { connect: async () => replies.shift() ?? bench.engine.own() },
  });
  await bench.connect("S1");
  const again = await bench.engine.connects.take();
  assert.equal(again.at, bench.clock.now() + 1);
  assert.equal(bench.engine.connects.untaken, 0);
});

test("the engine hears that a connection ended, and why, before the calls that were out are over", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach("S1", { MaxInFlight: 2 });
  const order: string[] = [];
  bench.ports.bus.subscribe(subjects.everyClosed(bench.engine.id), () => order.push("closed"));
  const calls = ["a1", "a2"].map(async (id) => {
    const outcome = await bench.engine.call(announcement, id, reboot);
    order.push(id);
    return outcome;
  });
  for (let count = 0; count < 2; count += 1) await device.hear();
  device.socket.close(1000, "good night");
  const detail = "the device closed it with 1000: good night";
  const owed = { type: "no-answer", detail, owed: true };
  assert.deepEqual(await Promise.all(calls), [owed, owed]);
  assert.deepEqual(order, ["closed", "a1", "a2"]);
  assert.deepEqual(await bench.engine.closed.take(), {
    device: announcement.device,
    connection: announcement.connection,
    generation: 1,
    detail,
  });
});

test("a line that is cut, and a device that gives no reason, are told apart", async () => {
  await using bench = await openLightBench();
  const cut = await bench.attach("S1");
  cut.device.socket.terminate();
  assert.equal((await bench.engine.closed.take()).detail, "the line was cut");
  const closed = await bench.attach("S2");
  closed.device.socket.close();
  assert.equal((await bench.engine.closed.take()).detail, "the device closed it");
});

test("a connection that is not the device's any more is closed when it attaches [LIGHT-OPEN-10]", async () => {
  await using bench = await openLightBench({ engine: { attach: async () => ({ type: "superseded" }) } });
  const { device } = await bench.connect();
  device.say({ id: "d1", method: "Attach" });
  const { code } = await device.ended.take();
  assert.equal(code, 4000);
  assert.equal(device.heard.untaken, 0);
});

test("a connection that its engine does not own any more is announced again, and its device notices nothing", async () => {
  const replies = [{ type: "not-owned" } as const];
  await using bench = await openLightBench({ engine: { attach: async () => replies.shift() } });
  const { device } = await bench.connect();
  assert.equal((await device.ask("Attach")).error, undefined);
  assert.equal((await bench.engine.connects.take()).again, true);
  assert.deepEqual([bench.engine.attaches.untaken, bench.engine.connects.untaken], [2, 0]);
});

test("a reason that is longer than a close frame takes is cut, between two letters", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  bench.engine.disconnect(announcement, 4000, "é".repeat(100));
  assert.deepEqual(await device.ended.take(), { code: 4000, reason: "é".repeat(61) });
});

test("where its engine is gone a connection is announced again, and the new one is told how it is attached", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach("S1", { MaxInFlight: 8, ReplayWindow: 2 });
  bench.engine.die();
  const next = new LightEngine(bench.ports.bus, "e2", { generation: 4 });
  assert.deepEqual((await device.ask("Inform", inform)).result, { MaxEnvelopes: 1 });
  const again = await next.connects.take();
  assert.deepEqual({ ...again, at: 0 }, { ...announcement, again: true, at: 0 });
  assert.equal((await next.informs.take()).generation, 5);
  const { generation, maxInFlight, replayWindow } = await next.attaches.take();
  assert.deepEqual(
    { generation, maxInFlight, replayWindow },
    { generation: 5, maxInFlight: 8, replayWindow: 2 },
  );
  void next.call(announcement, "a1", reboot);
  assert.equal((await device.hear()).id, "a1");
});

test("where its engine is silent a connection is announced again before the device says a word", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach("S1", { MaxInFlight: 8 });
  const { bus } = bench.ports;
  const { clock } = bench;
  const next = new LightEngine(bus, "e2", { generation: 4 });
  bench.engine.die();
  for (const engine of [bench.engine.id, next.id]) bus.publish(subjects.alive(engine), { engine });
  for (let passedMs = 0; passedMs <= SILENT_MS; passedMs += ALIVE_MS) {
    await clock.advance(ALIVE_MS);
    bus.publish(subjects.alive(next.id), { engine: next.id });
  }
  assert.equal((await next.connects.take()).connection, announcement.connection);
  assert.equal((await next.attaches.take()).maxInFlight, 8);
  assert.deepEqual(await bench.engine.call(announcement, "a0", reboot), { type: "not-sent" });
  void next.call(announcement, "a1", reboot);
  assert.equal((await device.hear()).id, "a1");
});

test("an answer that reached an engine which is gone soon after is told to the one that owns the connection next", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  const called = bench.engine.call(announcement, "a1", reboot);
  await device.hear();
  device.say({ id: "a1", result: {} });
  assert.equal((await called).type, "answered");
  bench.engine.die();
  const next = new LightEngine(bench.ports.bus, "e2", { generation: 4 });
  await device.ask("Kicked", kicked);
  assert.deepEqual(asJson((await next.answers.take()).ended), {
    callId: "a1",
    outcome: { type: "answered", outcome: { result: {} } },
  });
  assert.deepEqual(next.heard.slice(0, 2), ["connect", "answered"]);
});

test("without any engine newcomers are sent away, until there is one again", async () => {
  await using bench = await openLightBench();
  const { bus } = bench.ports;
  const { clock } = bench;
  await bench.attach();
  const { id: engine } = bench.engine;
  bus.publish(subjects.alive(engine), { engine });
  bus.publish(subjects.alive(engine), { engine, leaves: true });
  await clock.advance(0);
  await assert.rejects(bench.attach("S2"));
  bus.publish(subjects.alive(engine), { engine });
  await clock.advance(0);
  await bench.attach("S3");
});

test("an Attach whose engine is gone is answered by the new one, which is asked once", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.attach();
  bench.engine.die();
  const next = new LightEngine(bench.ports.bus, "e2");
  assert.equal((await device.ask("Attach")).result?.["Token"], "t");
  assert.deepEqual(next.heard, ["connect", "attach"]);
});

test("requests that come together announce a connection once", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.attach();
  bench.engine.die();
  const next = new LightEngine(bench.ports.bus, "e2");
  for (const id of [1, 2, 3]) device.say({ id, method: "Kicked", params: kicked });
  for (let count = 0; count < 3; count += 1) assert.deepEqual((await device.hear()).result, {});
  assert.equal(next.connects.untaken, 1);
  assert.equal(next.reports.untaken, 3);
});

test("the answer to a call of an engine that is gone goes to the one that owns the connection now [LIGHT-LOSS-2]", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  void bench.engine.call(announcement, "a1", reboot);
  await device.hear();
  bench.engine.die();
  const next = new LightEngine(bench.ports.bus, "e2", { generation: 4 });
  await device.ask("Kicked", kicked);
  device.say({ id: "a1", result: {} });
  const { generation, ended } = await next.answers.take();
  assert.equal(generation, 5);
  assert.deepEqual(asJson(ended), { callId: "a1", outcome: { type: "answered", outcome: { result: {} } } });
});

test("without any engine the device is told to try again, and after 60 s to come back [LIGHT-CLOSE-4]", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.attach();
  bench.engine.die();
  assert.equal((await device.ask("Kicked", kicked)).error?.code, 8005);
  await survive(bench, 59_000);
  assert.equal(device.ended.untaken, 0);
  await bench.clock.advance(1_000);
  assert.deepEqual(await device.ended.take(), { code: 1001, reason: "10" });
});

test("an engine that comes back in time finds the connection attached, without a word of the device", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach("S1", { MaxInFlight: 8 });
  bench.engine.die();
  await device.ask("Kicked", kicked);
  const next = new LightEngine(bench.ports.bus, "e2", { generation: 4 });
  await bench.clock.advance(30_000);
  assert.equal((await next.attaches.take()).maxInFlight, 8);
  void next.call(announcement, "a1", reboot);
  assert.equal((await device.hear()).id, "a1");
  device.say({ id: "a1", result: {} });
  await survive(bench, 60_000);
  assert.equal(device.ended.untaken, 0);
});

test("an engine that fails or keeps silent is not taken for gone", async () => {
  await using bench = await openLightBench({
    engine: { report: async () => Promise.reject(new Error("the disk is full")) },
  });
  const { device } = await bench.attach();
  assert.equal((await device.ask("Kicked", kicked)).error?.code, 8005);
  assert.equal(bench.engine.connects.untaken, 0);
});

test("another engine that does not take the connection has it closed as it says", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.attach();
  bench.engine.die();
  const reply = { type: "refused", reason: "unknown-device" } as const;
  const next = new LightEngine(bench.ports.bus, "e2", { connect: async () => reply });
  device.say({ id: 1, method: "Kicked", params: kicked });
  assert.equal((await device.ended.take()).code, 4500);
  assert.equal(next.reports.untaken, 0);
});

test("who loses a right is closed with the code that says which; nobody else is [LIGHT-OPEN-8]", async () => {
  await using bench = await openLightBench();
  const { store, bus } = bench.ports;
  const removed = await bench.attach("S1");
  const rejected = await bench.attach("S2");
  const kept = await bench.attach("S3");
  const audit = { at: 1, manager: "test", action: "test", detail: {} };
  const gone = removed.announcement.device;
  await store.commit("remove-device", { device: gone, audit, events: [] });
  const barred = { device: rejected.announcement.device, approval: "rejected", audit, events: [] } as const;
  await store.commit("set-approval", barred);
  for (const { announcement } of [removed, rejected, kept]) {
    bus.publish(subjects.revoked, { device: announcement.device });
  }
  assert.deepEqual(await removed.device.ended.take(), { code: 4500, reason: "this device was removed" });
  assert.deepEqual(await rejected.device.ended.take(), { code: 4501, reason: "this device is not approved" });
  assert.equal((await kept.device.ask("GetRPCMethods")).error, undefined);
});

test("a device whose tokens were revoked is closed with 4001 [LIGHT-OPEN-8]", async () => {
  await using bench = await openLightBench();
  const { key } = await bench.enrol();
  const row = await bench.ports.store.device(key);
  const { device } = await bench.connect();
  await enrolAnew(bench);
  assert.notEqual((await bench.ports.store.device(key))?.credentialVersion, row?.credentialVersion);
  bench.ports.bus.publish(subjects.revoked, { device: key });
  assert.deepEqual(await device.ended.take(), { code: 4001, reason: "the token was revoked" });
});

test("a device that cannot be looked up any more is sent away, to come back", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  await bench.ports.store.close();
  bench.ports.bus.publish(subjects.revoked, { device: announcement.device });
  assert.deepEqual(await device.ended.take(), { code: 1001, reason: "10" });
});

/** Lets time pass in which the device answers all pings. */
async function survive(bench: LightBench, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) await bench.clock.advance(1_000);
}

/** A device that comes again from nothing: what it had of rights is gone. */
async function enrolAnew({ ports, clock }: LightBench): Promise<void> {
  await clock.advance(1_000);
  const deviceId = inform.DeviceId;
  const key = (await ports.store.devices({ limit: 1 })).items[0]?.key;
  assert.ok(key !== undefined);
  await ports.store.commit("enrol-device", {
    key,
    deviceId,
    approval: "approved",
    by: "open-enrolment",
    address: "127.0.0.1",
    at: clock.now(),
    maxWaiting: 10,
    maxWaitingPerAddress: 10,
    events: [],
  });
}
