import assert from "node:assert/strict";
import { test } from "node:test";
import { asJson, cookieOf, openBench } from "../../../test/cwmp-bench.ts";
import { informText, transferCompleteText, valuesText } from "../../../test/envelopes.ts";
import { FakeEngine } from "../../../test/fake-engine.ts";
import { callId, connectionId, engineId, subjects } from "../../ports/index.ts";
import type { AnnounceReply, Call, NextReply } from "../../ports/index.ts";

const get = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } } as const;
const reboot = { method: "Reboot", params: { CommandKey: "k" } } as const;

test("the engine is told who informed, from where, why, with what, and how the device writes", async () => {
  await using bench = await openBench();
  const device = await bench.connect();
  const namespace = "urn:dslforum-org:cwmp-1-0";
  const parameters = { "Device.DeviceInfo.SoftwareVersion": "1.2" };
  const informed = await device.post(
    informText({ events: ["0 BOOTSTRAP", "1 BOOT"], namespace, declaration: true, parameters }),
  );
  const [announced] = bench.engine.announcements;
  assert.ok(announced);
  const { connection, gateway, credentialVersion, ...rest } = announced;
  const known = await bench.ports.store.device(announced.device);
  assert.equal(credentialVersion, known?.credentialVersion);
  assert.match(connection, /^[0-9a-f]{32}$/);
  assert.match(gateway, /^[0-9a-f]{8}$/);
  assert.deepEqual(asJson(rest), {
    device: "001122-Box-S1",
    deviceId: { Manufacturer: "Maker", OUI: "001122", ProductClass: "Box", SerialNumber: "S1" },
    address: "127.0.0.1",
    at: bench.clock.now(),
    events: [
      { code: "0 BOOTSTRAP", commandKey: "" },
      { code: "1 BOOT", commandKey: "" },
    ],
    parameters: { "Device.DeviceInfo.": { SoftwareVersion: "1.2" } },
    style: { namespace, declaration: true },
  });
  assert.ok(informed.body.startsWith('<?xml version="1.0" encoding="UTF-8"?><soap-env:Envelope '));
  assert.ok(informed.body.includes(`xmlns:cwmp="${namespace}"`));
});

for (const events of [["2 PERIODIC"], ["14 HEARTBEAT"], ["2 PERIODIC", "14 HEARTBEAT"]]) {
  test(`an Inform of only ${events.join(" and ")} is answered before the engine took it, and the call waits for that [CWMP-SESSION-14]`, async () => {
    const taken = Promise.withResolvers<AnnounceReply>();
    await using bench = await openBench({ engine: { announce: () => taken.promise } });
    bench.engine.willCall("a1", get);
    const device = await bench.connect();
    const informed = await device.post(informText({ events }));
    assert.equal(informed.status, 200);
    const calling = device.post("", cookieOf(informed));
    taken.resolve({ type: "owned", engine: bench.engine.id, generation: 7, credentialVersion: 1 });
    assert.match((await calling).body, /GetParameterValues/);
    assert.equal(bench.engine.asks[0]?.generation, 7);
  });
}

for (const events of [["1 BOOT"], ["2 PERIODIC", "4 VALUE CHANGE"], []]) {
  test(`an Inform of ${events.join(" and ") || "no event"} is answered only once the engine took it [CWMP-EVENT-7, CWMP-SESSION-14]`, async () => {
    const asked = Promise.withResolvers<undefined>();
    const taken = Promise.withResolvers<AnnounceReply>();
    const announce = (): Promise<AnnounceReply> => {
      asked.resolve(undefined);
      return taken.promise;
    };
    await using bench = await openBench({ engine: { announce } });
    const device = await bench.connect();
    let isAnswered = false;
    const informing = device.post(informText({ events })).then((reply) => {
      isAnswered = true;
      return reply;
    });
    await asked.promise;
    // A whole exchange on another connection: had the Inform been answered, that would have come by now.
    await (await bench.connect()).post("garbage");
    assert.equal(isAnswered, false);
    taken.resolve({ type: "owned", engine: bench.engine.id, generation: 1, credentialVersion: 1 });
    assert.equal((await informing).status, 200);
  });
}

test("an engine that has nothing to call is not asked, and hears of the session's end", async () => {
  await using bench = await openBench({ engine: { announce: idle } });
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  assert.equal((await device.post("", cookie)).status, 204);
  const { connection, ended } = await bench.engine.closed.take();
  assert.equal(connection, bench.engine.announcements[0]?.connection);
  assert.equal(ended, undefined);
  assert.equal(bench.engine.asks.length, 0);
});

for (const [whose, asks] of [
  ["this", 1],
  ["another", 0],
] as const) {
  test(`an engine that had nothing to call and rouses ${whose} session is asked in it ${asks} times`, async () => {
    await using bench = await openBench({ engine: { announce: idle } });
    const device = await bench.connect();
    const cookie = cookieOf(await device.post(informText()));
    const [announced] = bench.engine.announcements;
    assert.ok(announced);
    const connection = whose === "this" ? announced.connection : connectionId("c0");
    bench.ports.bus.publish(subjects.rouse(announced.gateway), { device: announced.device, connection });
    bench.engine.willCall("a1", get);
    assert.equal((await device.post("", cookie)).status, whose === "this" ? 200 : 204);
    assert.equal(bench.engine.asks.length, asks);
  });
}

test("without an engine an Inform gets 503 with a time to come again, and no session", async () => {
  await using bench = await openBench({ engine: "none" });
  const reply = await (await bench.connect()).post(informText());
  assert.equal(reply.status, 503);
  assert.match(reply.headers.get("retry-after")?.join() ?? "", /^(?:[5-9]|1[0-4])$/);
  assert.equal(reply.headers.has("set-cookie"), false);
});

for (const [why, report] of [
  ["whose engine fails", () => Promise.reject(new Error("no disk"))],
  ["that another engine owns by now", () => Promise.resolve({ type: "superseded" } as const)],
] as const) {
  test(`a report of a device ${why} is not answered as stored: the device is told to try again [CWMP-SESSION-14]`, async () => {
    await using bench = await openBench({ engine: { report } });
    const device = await bench.connect();
    const cookie = cookieOf(await device.post(informText()));
    const refused = await device.post(transferCompleteText(), cookie);
    assert.equal(refused.status, 200);
    assert.match(refused.body, /<FaultCode>8005<\/FaultCode>/);
    assert.doesNotMatch(refused.body, /TransferCompleteResponse/);
  });
}

test("a call for a device that closed its connection meanwhile is not sent", async () => {
  const asked = Promise.withResolvers<undefined>();
  const next = Promise.withResolvers<NextReply>();
  await using bench = await openBench({
    engine: {
      next: () => {
        asked.resolve(undefined);
        return next.promise;
      },
    },
  });
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  const posting = device.post("", cookie);
  await asked.promise;
  device.raw.cut();
  await assert.rejects(posting);
  // A whole exchange on another connection: by then the gateway has seen the first one close.
  await (await bench.connect()).post("garbage");
  next.resolve({ type: "call", call: callOf("a1") });
  const closed = await bench.engine.closed.take();
  assert.deepEqual(closed.ended, { callId: "a1", outcome: { type: "not-sent" } });
});

test("an engine that is gone has a successor, which is told how the call ended", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", get);
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  await device.post("", cookie);
  bench.engine.die();
  const successor = new FakeEngine(bench.ports.bus, "e2");
  assert.equal((await device.post(valuesText(), cookie)).status, 204);
  const [announced] = successor.announcements;
  assert.equal(announced?.connection, bench.engine.announcements[0]?.connection);
  assert.deepEqual(announced?.events, []);
  assert.equal(successor.asks[0]?.ended?.outcome.type, "answered");
});

test("a device that somebody else owns by now is called no more, and the engine hears nothing of it", async () => {
  await using bench = await openBench({ engine: { next: () => Promise.resolve({ type: "superseded" }) } });
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  assert.equal((await device.post("", cookie)).status, 204);
  await bench.clock.advance(60_000);
  assert.equal(bench.engine.closed.untaken, 0);
});

for (const [kind, next] of [
  ["fails", () => Promise.reject(new Error("a bug"))],
  ["is silent", () => new Promise<never>(() => undefined)],
] as const) {
  test(`where the engine ${kind}, the session ends, and the engine is told once more how the call ended`, async () => {
    const asked = Promise.withResolvers<undefined>();
    const call: NextReply = { type: "call", call: { callId: callId("a1"), ...get } };
    await using bench = await openBench({
      engine: {
        next: ({ ended }) => {
          if (ended === undefined) return Promise.resolve(call);
          asked.resolve(undefined);
          return next();
        },
      },
    });
    const device = await bench.connect();
    const cookie = cookieOf(await device.post(informText()));
    await device.post("", cookie);
    const answering = device.post(valuesText(), cookie);
    await asked.promise;
    await bench.clock.advance(10_000);
    assert.equal((await answering).status, 204);
    const { ended } = await bench.engine.closed.take();
    assert.equal(ended?.callId, "a1");
    assert.equal(ended.outcome.type, "answered");
  });
}

test("an Inform that was answered before any engine was there reaches the next one with its events", async () => {
  await using bench = await openBench({ engine: "none" });
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText({ events: ["2 PERIODIC"] })));
  const engine = new FakeEngine(bench.ports.bus, "e2");
  assert.equal((await device.post("", cookie)).status, 204);
  assert.deepEqual(engine.announcements[0]?.events, [{ code: "2 PERIODIC", commandKey: "" }]);
  assert.equal(engine.asks.length, 1);
});

test("a gateway that closes takes no new sessions, answers what runs, and asks for no more calls", async () => {
  await using bench = await openBench({ bounds: { closeTimeoutMs: 5_000 } });
  bench.engine.willCall("a1", get);
  bench.engine.willCall("a2", reboot);
  const [running, late] = [await bench.connect(), await bench.connect()];
  const cookie = cookieOf(await running.post(informText()));
  await running.post("", cookie);
  const closing = bench.close();
  assert.equal((await late.post(informText({ serial: "S2" }))).status, 503);
  assert.equal((await running.post(valuesText(), cookie)).status, 204);
  await closing;
  const closed = await bench.engine.closed.take();
  assert.equal(closed.ended?.outcome.type, "answered");
  assert.equal(bench.engine.asks.length, 1);
});

test("a gateway that closes does not wait for ever: what is out then has no answer", async () => {
  await using bench = await openBench({ bounds: { closeTimeoutMs: 5_000 } });
  bench.engine.willCall("a1", reboot);
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  await device.post("", cookie);
  const closing = bench.close();
  await bench.clock.advance(5_000);
  await closing;
  const { ended } = await bench.engine.closed.take();
  assert.deepEqual(ended?.outcome, { type: "no-answer", detail: "the ACS was stopped" });
  await device.raw.closed();
});

async function idle(): Promise<AnnounceReply> {
  return { type: "owned", engine: engineId("e1"), generation: 1, credentialVersion: 1, idle: true };
}

function callOf(id: string): Call {
  return { callId: callId(id), ...reboot };
}
