import assert from "node:assert/strict";
import { test } from "node:test";
import { openLightBench } from "../../../test/light-gateway-bench.ts";

const reboot = { method: "Reboot", params: { CommandKey: "k" } };
const SILENT = "the device gave no sign of life for two periods";

test("the ACS pings in every period of 30 s, and a pong keeps the connection [LIGHT-LIVE-1]", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.attach();
  for (let period = 0; period < 5; period += 1) {
    await bench.clock.advance(30_000);
    await device.pings.take();
    await device.settled();
  }
  assert.equal(bench.engine.closed.untaken, 0);
});

test("no two pings are further apart than the device was told, nor do all devices get them at once [LIGHT-LIVE-1]", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.attach();
  await bench.clock.advance(23_999);
  assert.equal(device.pings.untaken, 0);
  await bench.clock.advance(6_001);
  await device.pings.take();
});

test("two silent periods end a connection, and the call that was out is owed [LIGHT-LIVE-1]", async () => {
  await using bench = await openLightBench({ bounds: { callTimeoutMs: 600_000 } });
  const { device, announcement } = await bench.connect("S1", { autoPong: false });
  await device.ask("Attach");
  const called = bench.engine.call(announcement, "a1", reboot);
  await device.hear();
  await bench.clock.advance(60_000);
  assert.equal(bench.engine.closed.untaken, 0);
  await bench.clock.advance(30_000);
  assert.equal((await bench.engine.closed.take()).detail, SILENT);
  assert.deepEqual(await called, { type: "no-answer", detail: SILENT, owed: true });
  assert.equal((await device.ended.take()).code, 1006);
});

test("whatever a device sends is a sign of life [LIGHT-LIVE-1, LIGHT-LIVE-3]", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.connect("S1", { autoPong: false });
  await device.ask("Attach");
  const messages = [
    "",
    '{"jsonrpc":"2.0","method":"Kicked","params":{}}',
    '{"jsonrpc":"2.0","id":"x","result":{}}',
  ];
  for (const message of [...messages, ...messages]) {
    await bench.clock.advance(24_000);
    device.say(message);
    await device.settled();
  }
  assert.equal(bench.engine.closed.untaken, 0);
});

test("a device that asked for KeepAlive gets empty messages in place of pings, and answers with its own [LIGHT-LIVE-2, LIGHT-LIVE-3]", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.attach("S1", { KeepAlive: true });
  for (let period = 0; period < 4; period += 1) {
    await bench.clock.advance(30_000);
    assert.equal(await device.heard.take(), "");
    device.say("");
    await device.settled();
  }
  assert.equal(device.pings.untaken, 0);
  assert.equal(bench.engine.closed.untaken, 0);
});

test("who asked for KeepAlive and says nothing is silent all the same [LIGHT-LIVE-2]", async () => {
  await using bench = await openLightBench();
  await bench.attach("S1", { KeepAlive: true });
  await bench.clock.advance(90_000);
  assert.equal((await bench.engine.closed.take()).detail, SILENT);
});

test("a probe that is answered leaves the connection, one that is not ends it after five seconds [LIGHT-HAND-5]", async () => {
  await using bench = await openLightBench();
  const living = await bench.attach("S1");
  const dead = await bench.connect("S2", { autoPong: false });
  for (const { announcement } of [living, dead]) bench.engine.probe(announcement);
  for (const { device } of [living, dead]) await device.pings.take();
  await living.device.settled();
  await bench.clock.advance(4_999);
  assert.equal(bench.engine.closed.untaken, 0);
  await bench.clock.advance(1);
  const { connection, detail } = await bench.engine.closed.take();
  assert.equal(connection, dead.announcement.connection);
  assert.equal(detail, "the device did not answer a probe");
  assert.equal((await living.device.ask("GetRPCMethods")).error, undefined);
});

test("a probed device need not pong: any message will do", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.connect("S1", { autoPong: false });
  bench.engine.probe(announcement);
  await device.pings.take();
  await device.ask("GetRPCMethods");
  await bench.clock.advance(5_000);
  assert.equal(bench.engine.closed.untaken, 0);
});

test("a clock that jumps ends no connection", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.attach();
  for (const ms of [86_400_000, -2 * 86_400_000]) {
    bench.clock.jump(ms);
    await bench.clock.advance(1_000);
    assert.equal((await device.ask("GetRPCMethods")).error, undefined);
  }
});
