import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "ws";
import { openLightBench } from "../../../test/light-gateway-bench.ts";
import { openDevice } from "../../../test/light-gateway-device.ts";

const reboot = { method: "Reboot", params: { CommandKey: "k" } };
const COME_BACK = { code: 1001, reason: "10" };

test("a gateway that ends sends its devices away, each to come back after a random part of the seconds it is told [LIGHT-CLOSE-4]", async () => {
  await using bench = await openLightBench();
  const devices = [await bench.attach("S1"), await bench.connect("S2")];
  await bench.gateway.close();
  for (const { device } of devices) assert.deepEqual(await device.ended.take(), COME_BACK);
  for (let count = 0; count < 2; count += 1) {
    assert.equal((await bench.engine.closed.take()).detail, "the ACS closed it with 1001: 10");
  }
});

test("the more devices a gateway sends away as it ends, the longer they take to come back [LIGHT-CLOSE-5]", async () => {
  await using bench = await openLightBench({ bounds: { returnsPerSecond: 0.1 } });
  const devices = [await bench.connect("S1"), await bench.connect("S2"), await bench.connect("S3")];
  await bench.gateway.close();
  for (const { device } of devices) {
    assert.deepEqual(await device.ended.take(), { code: 1001, reason: "30" });
  }
});

test("a gateway that holds many sends them away by and by", async () => {
  await using bench = await openLightBench({ bounds: { departuresAtOnce: 2 } });
  const [first, second] = [await bench.connect("S1"), await bench.connect("S2")];
  const { device: last } = await bench.connect("S3");
  const closed = bench.gateway.close();
  for (const { device } of [first, second]) assert.deepEqual(await device.ended.take(), COME_BACK);
  for (let count = 0; count < 2; count += 1) await bench.engine.closed.take();
  await bench.clock.advance(49);
  assert.equal(last.socket.readyState, WebSocket.OPEN);
  await bench.clock.advance(1);
  assert.deepEqual(await last.ended.take(), COME_BACK);
  await closed;
});

test("calls that are out may end first, and none leaves any more", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach("S1", { MaxInFlight: 2 });
  const called = bench.engine.call(announcement, "a1", reboot);
  await device.hear();
  const closed = bench.gateway.close();
  assert.deepEqual(await bench.engine.call(announcement, "a2", reboot), { type: "not-sent" });
  device.say({ id: "a1", result: {} });
  assert.equal((await called).type, "answered");
  assert.deepEqual(await device.ended.take(), COME_BACK);
  await closed;
});

test("requests that are being served may end first, too", async () => {
  const slow = Promise.withResolvers<undefined>();
  await using bench = await openLightBench({
    engine: {
      report: async () => {
        await slow.promise;
        return { type: "stored" };
      },
    },
  });
  const { device } = await bench.attach();
  device.say({ id: 1, method: "Kicked", params: {} });
  await bench.engine.reports.take();
  const closed = bench.gateway.close();
  slow.resolve(undefined);
  assert.deepEqual((await device.hear()).result, {});
  assert.deepEqual(await device.ended.take(), COME_BACK);
  await closed;
});

test("a call that does not end in time is owed", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  const called = bench.engine.call(announcement, "a1", reboot);
  await device.hear();
  const closed = bench.gateway.close();
  await bench.clock.advance(5_000);
  const detail = "the ACS closed it with 1001: 10";
  assert.deepEqual(await called, { type: "no-answer", detail, owed: true });
  assert.deepEqual(await device.ended.take(), COME_BACK);
  await closed;
});

test("whoever comes while the gateway ends is told 503, or 1001 where it is a browser [LIGHT-OPEN-4, LIGHT-OPEN-5]", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  void bench.engine.call(announcement, "a1", reboot);
  await device.hear();
  const closed = bench.gateway.close();
  const { token } = await bench.enrol("S2");
  const refusal = await bench.knock({ token });
  assert.equal(refusal.status, 503);
  assert.equal(refusal.body, "the ACS is stopping\n");
  const blind = await openDevice(bench.url, { protocols: ["cwmp.json", `bearer.${token}`] });
  const { code, reason } = await blind.ended.take();
  assert.equal(code, 1001);
  assert.match(reason, /^(?:[1-9]|10)$/, "the seconds of which it is to take a random part");
  await bench.clock.advance(5_000);
  await closed;
});

test("a device that does not answer the closing handshake holds the gateway up for a second", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.attach();
  device.socket.pause();
  const closed = bench.gateway.close();
  await bench.engine.closed.take();
  await bench.clock.advance(1_000);
  await closed;
});

test("closing twice is closing once, and nothing waits any more afterwards", async () => {
  await using bench = await openLightBench();
  await bench.attach();
  const closing = bench.gateway.close();
  assert.equal(bench.gateway.close(), closing);
  await closing;
  bench.ports.engines.close();
  assert.equal(bench.clock.waiting, 0);
});
