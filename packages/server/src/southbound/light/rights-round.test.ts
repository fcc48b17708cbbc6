import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionId } from "../../ports/index.ts";
import { openLightBench } from "../../../test/light-gateway-bench.ts";

const audit = { at: 1, manager: "test", action: "test", detail: {} };

test("who loses a right is sent away within ten seconds, though nobody said so [LIGHT-OPEN-8]", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach("S1");
  const kept = await bench.attach("S2");
  await bench.ports.store.commit("remove-device", { device: announcement.device, audit, events: [] });
  await bench.clock.advance(10_000);
  assert.deepEqual(await device.ended.take(), { code: 4500, reason: "this device was removed" });
  assert.equal((await kept.device.ask("GetRPCMethods")).error, undefined);
});

test("a connection that the store has for closed, or for another owner's, is announced again, and its device notices nothing", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach("S1");
  const { device: key, connection, gateway, address, subprotocol, credentialVersion } = announcement;
  const opened = await bench.ports.store.commit("open-light-connection", {
    ...{ key, address, subprotocol, credentialVersion, events: [] },
    connection: { id: connection, transport: "light", gateway, engine: bench.engine.id, openedAt: 1 },
  });
  assert.ok(opened.type === "opened");
  const { generation } = opened.device;
  await bench.clock.advance(10_000);
  assert.equal(bench.engine.connects.untaken, 0, "it is as it should be");
  await bench.ports.store.commit("close-connection", { key, connection, generation, events: [] });
  await bench.clock.advance(10_000);
  const again = await bench.engine.connects.take();
  assert.deepEqual([again.connection, again.device], [connection, key]);
  assert.ok(again.at > announcement.at);
  await bench.engine.attaches.take();
  assert.equal((await device.ask("GetRPCMethods")).error, undefined);
});

test("a connection of a device that has had another one since is sent away, and takes nobody's place", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach("S1");
  const { device: key, gateway, address, subprotocol, credentialVersion } = announcement;
  const opened = await bench.ports.store.commit("open-light-connection", {
    ...{ key, address, subprotocol, credentialVersion, events: [] },
    connection: {
      id: connectionId("elsewhere"),
      transport: "light",
      gateway,
      engine: bench.engine.id,
      openedAt: 1,
    },
  });
  assert.ok(opened.type === "opened");
  await bench.clock.advance(10_000);
  assert.equal((await device.ended.take()).code, 1001);
  assert.equal(bench.engine.connects.untaken, 0);
});
