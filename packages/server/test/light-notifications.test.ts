import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { writeLightNotification, type NotifyingDevice } from "@heliograph/protocol";
import { LockstepDevice } from "@heliograph/testkit";
import { runAcs, type RunningAcs } from "./running-acs.ts";

const CHANNEL = "Device.WiFi.Radio.1.Channel";
const DEVICE = { OUI: "F0F0F0", ProductClass: "Router", SerialNumber: "0001" };

/** A device that has enrolled, refuses credentials, and is not connected. */
async function enrol(acs: RunningAcs): Promise<LockstepDevice> {
  const device = new LockstepDevice({ acsUrl: acs.url, deviceId: { Manufacturer: "Maker", ...DEVICE } });
  await device.inform({ events: ["0 BOOTSTRAP"] });
  await device.expectRpc("SetParameterValues");
  await device.fault(9001, "no credentials, please");
  await device.expectNothing();
  return device;
}

interface Said {
  readonly device?: NotifyingDevice;
  readonly names?: readonly string[];
  readonly from?: string;
}

/** Sends a datagram that claims that parameters have the value 11. */
async function claim(
  acs: RunningAcs,
  { device = DEVICE, names = [CHANNEL], from = "127.0.0.1" }: Said,
): Promise<void> {
  const parameters = names.map((name) => ({ name, value: "11" }));
  const text = writeLightNotification({ timestamp: 1, username: "u", cnonce: "c", device, parameters });
  const { notifications } = acs.udp;
  assert.ok(notifications !== undefined);
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, from, resolve));
  await new Promise((resolve) => socket.send(text, notifications.port, notifications.host, resolve));
  socket.close();
}

/** Resolves once an operation was stored. */
async function operationStored({ client }: RunningAcs): Promise<void> {
  for await (const _ of client.events({ names: ["operation"], after: 0 })) return;
}

test("what a notification claims is asked of the device itself, and only its answer is stored [CWMP-LWNOTIF-5, CWMP-LWNOTIF-6]", async () => {
  await using acs = await runAcs(undefined, { "udp-notifications": "127.0.0.1:0" });
  await using device = await enrol(acs);
  const { lastInform } = await acs.client.devices.get(device.key);
  await claim(acs, {});
  await operationStored(acs);
  const hinted = await acs.client.devices.get(device.key);
  assert.equal(hinted.lastInform, lastInform, "a notification is no Inform");
  const { items } = await acs.client.operations.list({ device: device.key });
  assert.deepEqual(
    items.map(({ state }) => state),
    ["queued"],
  );
  const before = await acs.client.devices.parameters(device.key, CHANNEL);
  assert.deepEqual(before.ParameterList, {});
  await device.inform();
  const { params } = await device.expectRpc("GetParameterValues");
  assert.deepEqual(params.ParameterNames, [CHANNEL]);
  await device.answer({ ParameterList: { "Device.WiFi.Radio.1.": { Channel: "36" } } });
  await device.expectNothing();
  const after = await acs.client.devices.parameters(device.key, CHANNEL);
  assert.deepEqual(after.ParameterList, { "Device.WiFi.Radio.1.": { Channel: "36" } });
});

test("nobody is asked for what a stranger says, and nothing but single parameters of the device's own [CWMP-LWNOTIF-6]", async () => {
  await using acs = await runAcs(undefined, { "udp-notifications": "127.0.0.1:0" });
  await using device = await enrol(acs);
  await claim(acs, { device: { ...DEVICE, SerialNumber: "0002" } });
  await claim(acs, { from: "127.0.0.2" });
  await claim(acs, {
    names: ["Device.", "Device.WiFi.", "InternetGatewayDevice.X", "X", `Device.${"a".repeat(256)}`],
  });
  await claim(acs, { names: ["Device.WiFi.", CHANNEL] });
  await operationStored(acs);
  const { items } = await acs.client.operations.list({ device: device.key });
  assert.equal(items.length, 1);
  assert.deepEqual(
    items[0]?.rpcs.map(({ params }) => params),
    [{ ParameterNames: [CHANNEL] }],
  );
});
