import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceKey } from "@heliograph/protocol";
import { subjects, type RotateReply } from "../src/ports/index.ts";
import { runNorthbound, type RunningNorthbound } from "./running-northbound.ts";

const NOW = "2026-01-01T00:00:00.000Z";

test("a device on the light transport is shown as connected: how, since when, and from where", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  await running.inform(key);
  const close = await running.connect(key);
  const { status, body } = await running.ask("GET", `/api/v1/devices/${key}`);
  assert.equal(status, 200);
  assert.partialDeepStrictEqual(body, {
    reachability: "connected",
    connection: { transport: "light", subprotocol: "cwmp.json", since: NOW },
    light: { subprotocol: "cwmp.json", lapsed: false },
    address: "192.0.2.2",
  });
  await close();
  const closed = await running.client.devices.get(key);
  assert.equal(closed.reachability, "unreachable");
  assert.equal(closed.connection, undefined);
  assert.deepEqual(closed.light, { subprotocol: "cwmp.json", lapsed: false });
});

test("a device that was referred and did not come is shown as lapsed", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  const close = await running.connect(key);
  await close();
  const event = { at: running.clock.now(), device: key, name: "light-lapsed", data: {} };
  const generation = (await running.store.device(key))?.generation ?? 0;
  assert.ok((await running.store.commit("lapse-device", { device: key, generation, events: [event] })).held);
  const { light } = await running.client.devices.get(key);
  assert.equal(light?.lapsed, true);
  const { items } = await running.client.devices.events(key);
  assert.deepEqual(
    items.map(({ name, data }) => [name, data]),
    [
      ["connected", { subprotocol: "cwmp.json", address: "192.0.2.2" }],
      ["disconnected", { detail: "1000, by the device" }],
      ["light-lapsed", {}],
    ],
  );
});

test("whoever holds a connection hears of it when its device is removed or rejected, and only then", async () => {
  await using running = await runNorthbound();
  const revoked = heardRevocations(running);
  const [removed, rejected, waiting] = [
    await running.enrol("1"),
    await running.enrol("2"),
    await running.enrol("3", "waiting"),
  ];
  await running.client.devices.approve(waiting);
  assert.deepEqual(revoked, []);
  await running.client.devices.remove(removed);
  assert.deepEqual(revoked, [removed]);
  await running.client.devices.reject(rejected);
  assert.deepEqual(revoked, [removed, rejected]);
  await running.clock.advance(1);
  await assert.rejects(running.client.devices.remove(removed), { reason: "unknown-device" });
  assert.equal((await running.ask("POST", `/api/v1/devices/${removed}/reject`)).reason, "unknown-device");
  assert.deepEqual(revoked, [removed, rejected]);
});

test("a revocation is told once it holds: who looks then sees the device gone", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  const seen = Promise.withResolvers<unknown>();
  running.bus.subscribe(subjects.everyRevoked, (revoked) => {
    if ("device" in revoked) seen.resolve(running.store.device(revoked.device));
  });
  await running.client.devices.remove(key);
  assert.equal(await seen.promise, undefined);
});

for (const told of ["now", "later"] as const) {
  test(`new credentials are asked for in the manager's name, and told ${told}`, async () => {
    await using running = await runNorthbound();
    const key = await running.enrol("1");
    const asks = serveRotations(running, told);
    const { status, body } = await running.ask("POST", `/api/v1/devices/${key}/credentials/rotate`);
    assert.deepEqual([status, body], [200, { told }]);
    assert.deepEqual(await running.client.devices.rotateCredentials(key), { told });
    assert.deepEqual(asks, [
      ["admin", `hg.v1.device.${key}.rotate`],
      ["admin", `hg.v1.device.${key}.rotate`],
    ]);
  });
}

test("new credentials are refused for a device that is not known, or not approved", async () => {
  await using running = await runNorthbound();
  const path = "/api/v1/devices/00D09E-IGD-9/credentials/rotate";
  assert.equal((await running.ask("POST", path)).reason, "no-engine");
  for (const type of ["unknown-device", "not-approved"] as const) {
    await using other = await runNorthbound();
    serveRotations(other, type);
    assert.equal((await other.ask("POST", path)).reason, type);
    assert.equal((await other.ask("POST", path.replace("-IGD-9", ""))).reason, "unknown-device");
  }
});

function heardRevocations({ bus }: RunningNorthbound): readonly DeviceKey[] {
  const heard: DeviceKey[] = [];
  bus.subscribe(subjects.everyRevoked, (revoked) => {
    if ("device" in revoked) heard.push(revoked.device);
  });
  return heard;
}

/** An engine that answers every rotation the same; gives who asked for which. */
function serveRotations({ bus }: RunningNorthbound, type: RotateReply["type"]): readonly unknown[] {
  const asks: unknown[] = [];
  bus.serve(subjects.everyRotate, async ({ manager }, subject): Promise<RotateReply> => {
    asks.push([manager, subject]);
    return { type };
  });
  return asks;
}
