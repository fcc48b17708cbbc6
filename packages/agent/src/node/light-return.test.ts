import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { dataModel } from "../data-model.ts";
import { eventsOf, until } from "./classic-device.fixture.ts";
import { openLightBench } from "./light-bench.fixture.ts";
import type { LightBench } from "./light-bench.fixture.ts";

/** Lets `ms` pass, at whose very end the device opens a socket, and not before. */
async function opensAfter(it: LightBench, ms: number): Promise<void> {
  await it.classic.clock.advance(ms - 1);
  await setImmediate();
  assert.equal(it.sockets.upgrades.untaken, 0, `within ${ms} ms`);
  await it.classic.clock.advance(1);
}

test("a lost socket is opened again by the retry table, with the token of the last Attach [LIGHT-LIVE-5, LIGHT-ATTACH-3]", async () => {
  await using it = await openLightBench();
  const socket = await it.attach({}, { Token: "t.of.attach" });
  socket.drop();
  assert.deepEqual(await it.detached(), { reason: "the connection broke off", retryInMs: 5_000 });
  assert.equal(it.classic.device.isAttached, false);
  await opensAfter(it, 5_000);
  assert.equal((await it.sockets.upgrades.take()).authorization, "Bearer t.of.attach");
});

test("a mere reconnect says nothing but Attach [LIGHT-LIVE-6]", async () => {
  await using it = await openLightBench();
  (await it.attach()).drop();
  await it.detached();
  await it.classic.clock.advance(5_000);
  const socket = await it.sockets.attached();
  await socket.settled();
  assert.equal(socket.untaken, 0);
  assert.equal(it.classic.acs.informs.untaken, 0);
});

test("the waits double until a socket has lasted for 60 s [LIGHT-LIVE-5]", async () => {
  await using it = await openLightBench();
  (await it.attach()).drop();
  assert.equal((await it.detached()).retryInMs, 5_000);
  await it.classic.clock.advance(5_000);
  (await it.sockets.attached()).drop();
  assert.equal((await it.detached()).retryInMs, 10_000);
  await it.classic.clock.advance(10_000);
  const socket = await it.sockets.attached();
  await until(() => it.classic.device.isAttached);
  await it.classic.clock.advance(60_000);
  socket.drop();
  assert.equal((await it.detached()).retryInMs, 5_000);
});

test("events that come up without a socket go by HTTP, and the reference of that session brings the device back", async () => {
  await using it = await openLightBench(dataModel({ "Device.X": { type: "int", notification: 2 } }));
  (await it.attach()).drop();
  await it.detached();
  it.offer("t.again");
  it.classic.model.set("Device.X", 1);
  assert.deepEqual(eventsOf(await it.classic.session()), ["4 VALUE CHANGE"]);
  assert.equal((await it.sockets.upgrades.take()).authorization, "Bearer t.again");
});

test("what was not told when the socket broke is told on the next before Attach [LIGHT-EVENT-1]", async () => {
  await using it = await openLightBench();
  const first = await it.attach();
  const told = it.classic.device.informNow("8 DIAGNOSTICS COMPLETE");
  await first.asked("Inform");
  it.classic.acs.refuse(503);
  first.drop();
  await it.detached();
  await it.classic.clock.advance(5_000);
  const next = await it.sockets.socket();
  assert.deepEqual(eventsOf(await next.informed()), ["8 DIAGNOSTICS COMPLETE"]);
  await told;
  await next.attach();
});

test("a token that is refused at the upgrade makes the device Inform over HTTP for another", async () => {
  await using it = await openLightBench();
  (await it.attach()).drop();
  await it.detached();
  it.offer("t.new");
  it.sockets.refuse({ status: 401 });
  await it.classic.clock.advance(5_000);
  assert.equal((await it.sockets.upgrades.take()).authorization, "Bearer t.fresh");
  assert.equal((await it.detached()).retryInMs, 0);
  assert.deepEqual(eventsOf(await it.classic.session()), ["2 PERIODIC"]);
  assert.equal((await it.sockets.upgrades.take()).authorization, "Bearer t.new");
});

test("a token that is refused by 4001 makes the device Inform over HTTP for another", async () => {
  await using it = await openLightBench();
  const socket = await it.attach();
  it.offer("t.new");
  socket.close(4001);
  assert.equal((await it.detached()).retryInMs, 0);
  assert.deepEqual(eventsOf(await it.classic.session()), ["2 PERIODIC"]);
  assert.equal((await it.sockets.upgrades.take()).authorization, "Bearer t.new");
});

test("a fresh reference that is refused is asked for again by the table, not for ever at once", async () => {
  await using it = await openLightBench();
  it.sockets.refuse({ status: 401 }, { status: 401 });
  it.offer();
  await it.start();
  await it.classic.session();
  assert.equal((await it.detached()).retryInMs, 0);
  await it.classic.session();
  assert.equal((await it.detached()).retryInMs, 5_000);
  await it.classic.clock.advance(4_999);
  assert.equal(it.classic.acs.informs.untaken, 0);
  await it.classic.clock.advance(1);
  assert.deepEqual(eventsOf(await it.classic.session()), ["2 PERIODIC"]);
});

for (const [what, lose] of [
  ["403 at the upgrade", undefined],
  ["4500", 4500],
  ["4501", 4501],
] as const) {
  test(`after ${what} the device does not come back by itself, but with its next periodic Inform [LIGHT-CLOSE-2]`, async () => {
    await using it = await openLightBench();
    if (lose === undefined) {
      it.sockets.refuse({ status: 403 });
      it.offer();
      await it.start();
      await it.classic.session();
      await it.sockets.upgrades.take();
    } else {
      (await it.attach()).close(lose);
    }
    assert.equal((await it.detached()).retryInMs, undefined);
    await it.classic.clock.advance(299_999);
    assert.equal(it.sockets.upgrades.untaken + it.classic.acs.informs.untaken, 0);
    await it.classic.clock.advance(1);
    assert.deepEqual(eventsOf(await it.classic.session()), ["2 PERIODIC"]);
    await it.sockets.attached();
  });
}

test("503 is not asked again before its Retry-After", async () => {
  await using it = await openLightBench();
  it.sockets.refuse({ status: 503, headers: { "retry-after": "120" } });
  it.offer();
  await it.start();
  await it.classic.session();
  await it.sockets.upgrades.take();
  assert.deepEqual(await it.detached(), {
    reason: "the ACS refuses the connection with HTTP status 503",
    retryInMs: 120_000,
  });
  await opensAfter(it, 120_000);
  await it.sockets.attached();
});

test("after 1001 the device comes back within the seconds of its reason [LIGHT-CLOSE-4]", async () => {
  await using it = await openLightBench();
  const socket = await it.attach({ random: () => 0.5 });
  socket.close(1001, "20");
  assert.equal((await it.detached()).retryInMs, 10_000);
  await opensAfter(it, 10_000);
  await it.sockets.attached();
});

test("after 4000 the device waits as for the fourth retry", async () => {
  await using it = await openLightBench();
  (await it.attach()).close(4000);
  assert.equal((await it.detached()).retryInMs, 40_000);
  await opensAfter(it, 40_000);
  await it.sockets.attached();
});

test("where a proxy lets no socket through, service is classic, and the device tries on", async () => {
  await using it = await openLightBench();
  it.sockets.refuse({ status: 502 }, { status: 502 }, { status: 502 });
  it.offer();
  await it.start();
  await it.classic.session();
  await it.sockets.upgrades.take();
  assert.equal((await it.detached()).retryInMs, 5_000);
  it.offerNothing();
  it.classic.acs.call({ method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } });
  await it.requestConnection();
  await it.sockets.upgrades.take();
  assert.deepEqual(eventsOf(await it.classic.session()), ["6 CONNECTION REQUEST"]);
  assert.equal((await it.classic.acs.settled.take()).method, "GetParameterValues");
  assert.equal((await it.detached()).retryInMs, 10_000);
  await opensAfter(it, 10_000);
  await it.sockets.upgrades.take();
  await it.detached();
  await it.classic.clock.advance(20_000);
  await it.sockets.attached();
});

test("an ACS that is silent for two periods is left, and called again [LIGHT-LIVE-4]", async () => {
  await using it = await openLightBench();
  const socket = await it.attach({}, { PingInterval: 30 });
  await it.classic.clock.advance(59_000);
  await socket.settled();
  await it.classic.clock.advance(59_999);
  assert.equal(it.classic.device.isAttached, true);
  await it.classic.clock.advance(1);
  assert.deepEqual(await it.detached(), { reason: "the ACS is silent for 60 s", retryInMs: 5_000 });
  await it.classic.clock.advance(5_000);
  await it.sockets.attached();
});

test("where pings cannot be seen, empty texts keep the socket [LIGHT-LIVE-3]", async () => {
  await using it = await openLightBench();
  const socket = await it.attach({}, { PingInterval: 30 });
  await it.classic.clock.advance(59_000);
  socket.say("");
  socket.call("a1", "GetRPCMethods");
  await socket.replied("a1");
  await it.classic.clock.advance(59_000);
  assert.equal(it.classic.device.isAttached, true);
});

test("a binary message ends the socket with 1003 [LIGHT-TOKEN-13]", async () => {
  await using it = await openLightBench();
  const socket = await it.attach();
  socket.say(Buffer.from([1]));
  assert.deepEqual(await socket.ends.take(), [1003, ""]);
});

test("a message that is larger than the limit ends the socket with 1009 [LIGHT-TOKEN-14]", async () => {
  await using it = await openLightBench();
  const socket = await it.attach();
  socket.say(" ".repeat(1024 * 1024 + 1));
  assert.deepEqual((await socket.ends.take())[0], 1009);
  assert.equal((await it.detached()).retryInMs, 5_000);
});

test("a connection request without a socket brings the device to it at once, without an Inform [LIGHT-HAND-6]", async () => {
  await using it = await openLightBench();
  (await it.attach()).drop();
  await it.detached();
  await it.requestConnection();
  const socket = await it.sockets.attached();
  await socket.settled();
  assert.equal(socket.untaken, 0);
  assert.equal(it.classic.acs.informs.untaken, 0);
});

test("a connection request after the token's end is answered by an Inform over HTTP [LIGHT-HAND-6]", async () => {
  await using it = await openLightBench();
  const socket = await it.attach({ random: () => 0.5 }, { ExpiresIn: 100 });
  socket.close(1001, "1000");
  assert.equal((await it.detached()).retryInMs, 500_000);
  await it.classic.clock.advance(99_999);
  it.offer("t.new");
  await it.classic.clock.advance(1);
  await it.requestConnection();
  assert.deepEqual(eventsOf(await it.classic.session()), ["6 CONNECTION REQUEST"]);
  assert.equal((await it.sockets.upgrades.take()).authorization, "Bearer t.new");
});

test("a connection request while the device is attached is told of over the socket", async () => {
  await using it = await openLightBench();
  const socket = await it.attach();
  await it.requestConnection();
  assert.deepEqual(eventsOf(await socket.informed()), ["6 CONNECTION REQUEST"]);
  assert.equal(it.classic.acs.informs.untaken, 0);
});

test("the token is renewed while the socket lasts, and the fresh one opens the next [LIGHT-ATTACH-3]", async () => {
  await using it = await openLightBench();
  const socket = await it.attach({}, { ExpiresIn: 400 });
  await it.classic.clock.advance(200_000);
  await socket.attach({ Token: "t.renewed" });
  await socket.settled();
  socket.drop();
  await it.detached();
  await it.classic.clock.advance(5_000);
  assert.equal((await it.sockets.upgrades.take()).authorization, "Bearer t.renewed");
});

test("an Inform that the ACS refuses before Attach loses the socket", async () => {
  await using it = await openLightBench(dataModel({ "Device.X": { type: "int", notification: 2 } }));
  it.offer();
  await it.start({
    onActivity: (activity) => {
      it.classic.activities.push(activity);
      if (activity.type === "referred") it.classic.model.set("Device.X", 1);
    },
  });
  const socket = await it.sockets.socket();
  const { id } = await socket.asked("Inform");
  socket.refuse(id, { code: 8001, message: "Request denied" });
  assert.deepEqual(await socket.ends.take(), [1000, ""]);
  assert.equal((await it.detached()).reason, "the ACS refuses Inform: 8001 Request denied");
});

test("an Inform that the ACS refuses while the device is attached is told there again", async () => {
  await using it = await openLightBench();
  const socket = await it.attach();
  const told = it.classic.device.informNow();
  const { id, params } = await socket.asked("Inform");
  assert.equal(params.RetryCount, 0);
  socket.refuse(id, { code: 8004, message: "Resources exceeded" });
  await until(() => it.classic.activities.at(-1)?.type === "session-failed");
  await it.classic.clock.advance(5_000);
  const again = await socket.informed();
  assert.deepEqual([again.RetryCount, eventsOf(again)], [1, ["2 PERIODIC"]]);
  await told;
});
