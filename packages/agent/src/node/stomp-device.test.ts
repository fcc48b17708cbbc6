import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientFrame } from "@heliograph/protocol";
import type { Handlers } from "../dispatch.ts";
import { dataModel } from "../data-model.ts";
import { bodyOf, connected, error, message, oneFrame, receipt } from "../light/stomp-acs.fixture.ts";
import { until } from "./classic-device.fixture.ts";
import { openLightBench } from "./light-bench.fixture.ts";
import type { LightBench } from "./light-bench.fixture.ts";
import type { NodeDeviceOptions } from "./node-device.ts";
import type { ScriptedSocket } from "./scripted-sockets.fixture.ts";

type Frame<C extends ClientFrame["command"]> = Extract<ClientFrame, { readonly command: C }>;

const stomp = { subprotocol: "v12.stomp" };
const fresh = { token: "t.fresh", "token-expires-in": "86400" };

async function said<C extends ClientFrame["command"]>(socket: ScriptedSocket, command: C): Promise<Frame<C>> {
  return oneFrame(await socket.messages.take(), command);
}

function say(socket: ScriptedSocket, frame: Uint8Array): void {
  socket.say(Buffer.from(frame));
}

/** The device boots, is referred, and opens a socket. */
async function open(it: LightBench, options: Partial<NodeDeviceOptions> = {}): Promise<ScriptedSocket> {
  it.offer("t.offered", stomp);
  await it.start(options);
  await it.classic.session();
  return it.sockets.socket();
}

/** Lets the device in, which subscribes to answers. */
async function letIn(socket: ScriptedSocket, heartBeat?: string): Promise<void> {
  await said(socket, "CONNECT");
  say(socket, connected(fresh, heartBeat));
  assert.equal((await said(socket, "SUBSCRIBE")).destination, "/responses");
}

/** Takes its subscription to calls, and grants it. */
async function subscribed(socket: ScriptedSocket): Promise<void> {
  const { destination, receipt: id = "" } = await said(socket, "SUBSCRIBE");
  assert.equal(destination, "/requests");
  say(socket, receipt(id));
}

async function attach(
  it: LightBench,
  options: Partial<NodeDeviceOptions> = {},
  heartBeat?: string,
): Promise<ScriptedSocket> {
  const socket = await open(it, options);
  await letIn(socket, heartBeat);
  await subscribed(socket);
  await until(() => it.classic.device.isAttached);
  return socket;
}

/** The next socket, once the one was lost and 5 s have passed. */
async function comeBack(it: LightBench): Promise<ScriptedSocket> {
  await it.detached();
  await it.classic.clock.advance(5_000);
  const next = await it.sockets.socket();
  await letIn(next);
  return next;
}

async function informed(socket: ScriptedSocket): Promise<Frame<"SEND">> {
  const frame = await said(socket, "SEND");
  assert.equal(frame.headers.get("method"), "Inform");
  return frame;
}

test("a device that is referred to STOMP says CONNECT, and nothing else until it is let in", async () => {
  await using it = await openLightBench();
  const socket = await open(it);
  await said(socket, "CONNECT");
  await socket.settled();
  assert.equal(socket.messages.untaken, 0);
  say(socket, connected(fresh));
  await said(socket, "SUBSCRIBE");
  const { receipt: id = "" } = await said(socket, "SUBSCRIBE");
  await socket.settled();
  assert.equal(it.classic.device.isAttached, false);
  say(socket, receipt(id));
  await until(() => it.classic.device.isAttached);
});

test("it is called by MESSAGE, and answers by SEND", async () => {
  await using it = await openLightBench();
  const socket = await attach(it);
  const params = { ParameterNames: ["Device.X"] };
  say(socket, message("/requests", { method: "GetParameterValues", "request-id": "a1" }, params));
  const answer = await said(socket, "SEND");
  assert.deepEqual([answer.destination, answer.headers.get("request-id")], ["/responses", "a1"]);
  assert.deepEqual(bodyOf(answer), { ParameterList: { "Device.": { X: "x" } } });
});

test("the token of CONNECTED opens the next socket", async () => {
  await using it = await openLightBench();
  (await attach(it)).drop();
  await it.detached();
  await it.classic.clock.advance(5_000);
  assert.equal((await it.sockets.upgrades.take()).authorization, "Bearer t.fresh");
});

test("what is undelivered is told before the device takes calls [LIGHT-EVENT-1]", async () => {
  await using it = await openLightBench(dataModel({ "Device.X": { type: "int", notification: 2 } }));
  const socket = await open(it, {
    onActivity: ({ type }) => {
      if (type === "referred") it.classic.model.set("Device.X", 1);
    },
  });
  await letIn(socket);
  const { headers } = await informed(socket);
  await socket.settled();
  assert.equal(socket.messages.untaken, 0);
  const answered = { "request-id": headers.get("request-id") ?? "", status: "ok" };
  say(socket, message("/responses", answered, { MaxEnvelopes: 1 }));
  await subscribed(socket);
});

test("an Inform whose answer is lost is not told again, where its receipt has come", async () => {
  await using it = await openLightBench();
  const socket = await attach(it);
  const told = it.classic.device.informNow("8 DIAGNOSTICS COMPLETE");
  const { receipt: id = "" } = await informed(socket);
  say(socket, receipt(id));
  await socket.settled();
  socket.drop();
  await subscribed(await comeBack(it));
  await told;
  assert.equal(it.classic.acs.informs.untaken, 0);
});

test("an Inform of which not even the receipt has come is told again before the device takes calls", async () => {
  await using it = await openLightBench();
  const socket = await attach(it);
  const told = it.classic.device.informNow("8 DIAGNOSTICS COMPLETE");
  await informed(socket);
  it.classic.acs.refuse(503);
  socket.drop();
  const next = await comeBack(it);
  const { headers } = await informed(next);
  const answered = { "request-id": headers.get("request-id") ?? "", status: "ok" };
  say(next, message("/responses", answered, { MaxEnvelopes: 1 }));
  await told;
  await subscribed(next);
});

test("it heart-beats as agreed, whenever it has said nothing for so long", async () => {
  await using it = await openLightBench();
  const socket = await attach(it, {}, "0,40000");
  await it.classic.clock.advance(29_999);
  await socket.settled();
  assert.equal(socket.messages.untaken, 0);
  await it.classic.clock.advance(1);
  assert.deepEqual([...(await socket.messages.take())], [0x0a]);
});

test("an ACS that does not heart-beat as agreed is left, and called again [LIGHT-LIVE-4]", async () => {
  await using it = await openLightBench();
  const socket = await attach(it, {}, "10000,0");
  await it.classic.clock.advance(59_000);
  socket.say("\n");
  await socket.settled();
  await it.classic.clock.advance(59_999);
  assert.equal(it.classic.device.isAttached, true);
  await it.classic.clock.advance(1);
  assert.deepEqual(await it.detached(), { reason: "the ACS is silent for 60 s", retryInMs: 5_000 });
});

test("a device that is closed says DISCONNECT, and closes with 1000 once it has the receipt", async () => {
  await using it = await openLightBench();
  const socket = await attach(it);
  await it.classic.device.close();
  const { receipt: id = "" } = await said(socket, "DISCONNECT");
  await socket.settled();
  assert.equal(socket.ends.untaken, 0);
  say(socket, receipt(id));
  assert.deepEqual(await socket.ends.take(), [1000, ""]);
  assert.equal(it.classic.clock.waiting, 0);
});

test("without the receipt it closes after 5 s", async () => {
  await using it = await openLightBench();
  const socket = await attach(it);
  await it.classic.device.close();
  await said(socket, "DISCONNECT");
  await it.classic.clock.advance(5_000);
  assert.deepEqual(await socket.ends.take(), [1000, ""]);
});

test("an ACS that does not let it in within 30 s is tried again", async () => {
  await using it = await openLightBench();
  await said(await open(it), "CONNECT");
  await it.classic.clock.advance(30_000);
  assert.deepEqual(await it.detached(), { reason: "the ACS does not let the device in", retryInMs: 5_000 });
});

test("an ERROR in place of CONNECTED counts by its close code [LIGHT-CLOSE-2, LIGHT-CLOSE-4]", async () => {
  await using it = await openLightBench();
  const socket = await open(it, { random: () => 0.5 });
  await said(socket, "CONNECT");
  say(socket, error("20", { "close-code": "1001" }));
  assert.equal((await it.detached()).retryInMs, 10_000);
  await it.classic.clock.advance(10_000);
  const next = await it.sockets.socket();
  await said(next, "CONNECT");
  say(next, error("no", { "close-code": "4501" }));
  assert.equal((await it.detached()).retryInMs, undefined);
});

test("an answer that is owed from a socket with tokens leaves over STOMP once the device takes calls, and asked again it is repeated [LIGHT-LOSS-2, LIGHT-LOSS-3]", async () => {
  const runs: (() => void)[] = [];
  const handlers: Handlers = {
    X_00D09E_Measure: async () => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      runs.push(() => resolve(undefined));
      await promise;
      return { result: { Value: 7 } };
    },
  };
  await using it = await openLightBench();
  const first = await it.attach({ handlers });
  first.call("a1", "X_00D09E_Measure");
  await until(() => runs.length === 1);
  first.drop();
  await it.detached();
  it.offer("t.other", stomp);
  const told = it.classic.device.informNow();
  await it.classic.session();
  await told;
  runs[0]?.();
  const next = await it.sockets.socket();
  await letIn(next);
  const { receipt: id = "" } = await said(next, "SUBSCRIBE");
  await next.settled();
  assert.equal(next.messages.untaken, 0, "nothing before it takes calls");
  say(next, receipt(id));
  const owed = await said(next, "SEND");
  assert.deepEqual([owed.headers.get("request-id"), bodyOf(owed)], ["a1", { Value: 7 }]);
  say(next, message("/requests", { method: "X_00D09E_Measure", "request-id": "a1" }, {}));
  assert.deepEqual(bodyOf(await said(next, "SEND")), { Value: 7 });
  assert.equal(runs.length, 1);
});

test("a frame that is no frame ends the socket with 1003", async () => {
  await using it = await openLightBench();
  const socket = await attach(it);
  socket.say("hello\n\n\0");
  assert.deepEqual((await socket.ends.take())[0], 1003);
});
