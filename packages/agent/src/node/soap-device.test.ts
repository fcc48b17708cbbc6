import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeEnvelope, defaultLimits, encodeAnswer, encodeRequest } from "@heliograph/protocol";
import type { DeviceRequest, SoapBody, SoapHeader } from "@heliograph/protocol";
import type { Handlers } from "../dispatch.ts";
import { dataModel } from "../data-model.ts";
import { eventsOf, until } from "./classic-device.fixture.ts";
import { openLightBench } from "./light-bench.fixture.ts";
import type { LightBench } from "./light-bench.fixture.ts";
import type { NodeDeviceOptions } from "./node-device.ts";
import type { ScriptedSocket } from "./scripted-sockets.fixture.ts";

const namespace = "urn:dslforum-org:cwmp-1-0";
const soap = { subprotocol: "cwmp.soap" };
const reading = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } } as const;
const measuring = { method: "X_00D09E_Measure", params: {} } as const;

type Body = SoapBody<"acs">;

async function said(
  socket: ScriptedSocket,
): Promise<{ readonly id: string | undefined; readonly body: Body }> {
  const text = (await socket.messages.take()).toString();
  const envelope = decodeEnvelope(text, { role: "acs", limits: defaultLimits });
  assert.ok(envelope.ok, text);
  const { id, body } = envelope.value;
  return { id, body };
}

function call(socket: ScriptedSocket, id: string, request: DeviceRequest): void {
  socket.say(encodeRequest({ id, namespace, request }));
}

async function answer(
  socket: ScriptedSocket,
  id: string,
): Promise<Extract<Body, { readonly kind: "answer" }>> {
  const { id: own, body } = await said(socket);
  assert.equal(own, id);
  assert.ok(body.kind === "answer", JSON.stringify(body));
  return body;
}

/** The Inform that comes next, answered with a fresh token. */
async function informed(
  socket: ScriptedSocket,
  token = "t.fresh",
  expiresIn = 86_400,
): Promise<readonly string[]> {
  const { id, body } = await said(socket);
  assert.ok(body.kind === "request" && body.method === "Inform", JSON.stringify(body));
  const reference = { url: "wss://acs/", subprotocol: "cwmp.soap", token, expiresIn };
  const header: SoapHeader = token === "" ? {} : { webSocketReference: reference };
  const result = { MaxEnvelopes: 1 };
  socket.say(encodeAnswer({ id, namespace, header, method: "Inform", result }));
  return eventsOf(body.params);
}

/** A device on a socket that speaks envelopes. */
async function attach(it: LightBench, options: Partial<NodeDeviceOptions> = {}): Promise<ScriptedSocket> {
  it.offer("t.offered", soap);
  await it.start(options);
  await it.classic.session();
  const socket = await it.sockets.socket();
  assert.deepEqual(await informed(socket), ["2 PERIODIC"]);
  await until(() => it.classic.device.isAttached);
  return socket;
}

/** The token that opens the next socket, once this one is lost. */
async function tokenAfter(it: LightBench, socket: ScriptedSocket): Promise<string | undefined> {
  socket.drop();
  await it.detached();
  await it.classic.clock.advance(5_000);
  return (await it.sockets.upgrades.take()).authorization;
}

test("a device that is referred to envelopes offers them alone, and is attached by an Inform", async () => {
  await using it = await openLightBench();
  it.offer("t.offered", soap);
  await it.start();
  await it.classic.session();
  assert.equal((await it.sockets.upgrades.take())["sec-websocket-protocol"], "cwmp.soap");
});

test("a device on a socket with envelopes is called as over HTTP", async () => {
  await using it = await openLightBench();
  const socket = await attach(it);
  call(socket, "a1", reading);
  const { method, result } = await answer(socket, "a1");
  assert.equal(method, "GetParameterValues");
  assert.deepEqual(JSON.parse(JSON.stringify(result)), { ParameterList: { "Device.": { X: "x" } } });
});

test("the token of the last Inform opens the next socket, which an Inform attaches again [LIGHT-SOAP-5]", async () => {
  await using it = await openLightBench();
  const socket = await attach(it);
  assert.equal(await tokenAfter(it, socket), "Bearer t.fresh");
});

test("an ACS that refers nowhere from the socket keeps the device, with the token that it has", async () => {
  await using it = await openLightBench();
  it.offer("t.offered", soap);
  await it.start();
  await it.classic.session();
  const socket = await it.sockets.socket();
  await informed(socket, "");
  await until(() => it.classic.device.isAttached);
  assert.equal(await tokenAfter(it, socket), "Bearer t.offered");
});

test("what is told before it is attached attaches it: there is no second Inform [LIGHT-EVENT-1]", async () => {
  await using it = await openLightBench(dataModel({ "Device.X": { type: "int", notification: 2 } }));
  const socket = await attach(it);
  it.classic.acs.refuse(503);
  socket.drop();
  await it.detached();
  it.classic.model.set("Device.X", 1);
  await until(() => it.classic.activities.some(({ type }) => type === "session-failed"));
  await it.classic.clock.advance(5_000);
  const next = await it.sockets.socket();
  assert.deepEqual(await informed(next), ["4 VALUE CHANGE"]);
  await until(() => it.classic.device.isAttached);
  await next.settled();
  assert.equal(next.messages.untaken, 0);
});

test("half way to its end the token is renewed by an Inform", async () => {
  await using it = await openLightBench();
  it.offer("t.offered", soap);
  await it.start();
  await it.classic.session();
  const socket = await it.sockets.socket();
  await informed(socket, "t.short", 180);
  await until(() => it.classic.device.isAttached);
  await it.classic.clock.advance(50_000);
  socket.say("");
  await socket.settled();
  await it.classic.clock.advance(39_999);
  await socket.settled();
  assert.equal(socket.messages.untaken, 0);
  await it.classic.clock.advance(1);
  assert.deepEqual(await informed(socket, "t.renewed"), ["2 PERIODIC"]);
  await socket.settled();
  assert.equal(await tokenAfter(it, socket), "Bearer t.renewed");
});

test("its requests go one at a time: each waits for the answer to the one before [LIGHT-SOAP-3]", async () => {
  await using it = await openLightBench();
  const socket = await attach(it, { transfer: async () => undefined });
  const params = { CommandKey: "u", FileType: "2 Vendor Log File", URL: "http://files/log" };
  call(socket, "a1", {
    method: "Upload",
    params: { ...params, Username: "", Password: "", DelaySeconds: 0 },
  });
  await answer(socket, "a1");
  await it.classic.clock.advance(0);
  const { id, body } = await said(socket);
  assert.ok(body.kind === "request" && body.method === "Inform");
  await socket.settled();
  assert.equal(socket.messages.untaken, 0);
  socket.say(encodeAnswer({ id, namespace, method: "Inform", result: { MaxEnvelopes: 1 } }));
  const next = await said(socket);
  assert.ok(next.body.kind === "request" && next.body.method === "TransferComplete");
});

test("an answer that is owed from a socket with tokens leaves over one with envelopes, once that is attached [LIGHT-LOSS-2]", async () => {
  const runs: (() => void)[] = [];
  const handlers: Handlers = {
    X_00D09E_Measure: async () => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      runs.push(() => resolve(undefined));
      await promise;
      return { result: { Value: "7" } };
    },
  };
  await using it = await openLightBench();
  const first = await it.attach({ handlers });
  first.call("a1", "X_00D09E_Measure");
  await until(() => runs.length === 1);
  first.drop();
  await it.detached();
  it.offer("t.other", soap);
  const told = it.classic.device.informNow();
  await it.classic.session();
  await told;
  runs[0]?.();
  const next = await it.sockets.socket();
  await next.settled();
  assert.equal(next.messages.untaken, 1, "nothing before the Inform was answered");
  await informed(next);
  assert.deepEqual({ ...(await answer(next, "a1")).result }, { Value: "7" });
  call(next, "a1", measuring);
  assert.deepEqual({ ...(await answer(next, "a1")).result }, { Value: "7" });
  assert.equal(runs.length, 1, "asked again it does not run again");
});

test("a second call that does not wait for the answer to the first gets 9004", async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const handlers: Handlers = {
    X_00D09E_Measure: async () => {
      await promise;
      return { result: {} };
    },
  };
  await using it = await openLightBench();
  const socket = await attach(it, { handlers });
  call(socket, "a1", measuring);
  call(socket, "a2", reading);
  const { id, body } = await said(socket);
  assert.ok(id === "a2" && body.kind === "fault" && body.fault.code === 9004, JSON.stringify(body));
  resolve(undefined);
  await answer(socket, "a1");
  call(socket, "a3", reading);
  await answer(socket, "a3");
});

test("Reboot without an id is answered, and then happens", async () => {
  await using it = await openLightBench();
  const socket = await attach(it);
  socket.say(encodeRequest({ namespace, request: { method: "Reboot", params: { CommandKey: "r" } } }));
  const { id, body } = await said(socket);
  assert.equal(id, undefined);
  assert.ok(body.kind === "answer" && body.method === "Reboot");
  assert.deepEqual(await socket.ends.take(), [1000, ""]);
});
