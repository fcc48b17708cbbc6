import assert from "node:assert/strict";
import { test } from "node:test";
import { aliasOfInstance, dataModel, type DataModel } from "@heliograph/agent";
import { openUdpPort, startDevice, type NodeDeviceOptions } from "@heliograph/agent/node";
import { deviceKey, type DeviceKey } from "@heliograph/protocol";
import { Arrivals } from "@heliograph/testkit";
import { runAcs, type RunningAcs } from "./running-acs.ts";

const SERVER = "Device.ManagementServer.";
const MAPPING = "Device.NAT.PortMapping.";
const CHANNEL = "Device.WiFi.Radio.1.Channel";
const wait = 20;

interface Enrolled extends AsyncDisposable {
  readonly key: DeviceKey;
  readonly model: DataModel;
}

/** A device that has enrolled and can be called. */
async function enrolled(acs: RunningAcs, options: Partial<NodeDeviceOptions>): Promise<Enrolled> {
  const deviceId = { Manufacturer: "Maker", OUI: "F0F0F0", ProductClass: "Router", SerialNumber: "0001" };
  const key = deviceKey(deviceId);
  assert.ok(key !== undefined);
  const model = dataModel({
    [CHANNEL]: 6,
    [MAPPING]: {
      writable: true,
      instances: [1, 2],
      row: (instance) => ({
        Alias: aliasOfInstance(instance),
        ExternalPort: { type: "unsignedInt", value: 8_000 + instance, writable: true },
      }),
    },
  });
  const ended = new Arrivals<true>("the end of a session");
  const device = await startDevice({
    acsUrl: acs.url,
    deviceId,
    dataModel: model,
    light: "not",
    onActivity: ({ type }) => {
      if (type === "session-ended") ended.add(true);
    },
    ...options,
  });
  await ended.take();
  while ((await acs.client.devices.get(key)).credentials !== "confirmed") {
    await device.informNow();
    await ended.take();
  }
  return { key, model, [Symbol.asyncDispose]: async () => device.close() };
}

/** Resolves once an operation has taught the ACS that channel. */
async function learned({ client }: RunningAcs, key: DeviceKey, channel: number): Promise<void> {
  for await (const { device } of client.events({ names: ["operation"], after: 0 })) {
    assert.equal(device, key);
    const { ParameterList } = await client.devices.parameters(key, CHANNEL);
    if (Object.values(ParameterList).some(({ Channel }) => Channel === channel)) return;
  }
}

test("instances are read by a wildcard, and set and made by an alias, of a device that knows both [CWMP-ADDRESS-1, CWMP-ADDRESS-3, CWMP-ADDRESS-4]", async () => {
  await using acs = await runAcs();
  await using it = await enrolled(acs, { aliases: true });
  const read = await acs.client.call(it.key, "GetParameterValues", {
    params: { ParameterNames: [`${MAPPING}*.ExternalPort`] },
    wait,
  });
  assert.deepEqual(read["ParameterList"], {
    [`${MAPPING}1.`]: { ExternalPort: 8_001 },
    [`${MAPPING}2.`]: { ExternalPort: 8_002 },
  });
  const set = async (ParameterList: Record<string, Record<string, string | number | boolean>>) =>
    acs.client.call(it.key, "SetParameterValues", { params: { ParameterList }, wait });
  await assert.rejects(set({ [`${MAPPING}[web].`]: { ExternalPort: 80 } }), /fault 9003/);
  await set({ [SERVER]: { AutoCreateInstances: true } });
  await set({ [`${MAPPING}[web].`]: { ExternalPort: 80 } });
  assert.equal(it.model.get(`${MAPPING}3.ExternalPort`), 80);
});

test("a device that may notify by datagrams is asked to, and what it tells so is asked of it [CWMP-NOTIFY-6, CWMP-LWNOTIF-2, CWMP-LWNOTIF-6]", async () => {
  await using acs = await runAcs(undefined, { "udp-notifications": "127.0.0.1:0" });
  const { notifications } = acs.udp;
  assert.ok(notifications !== undefined);
  await using stack = new AsyncDisposableStack();
  const datagrams = stack.adopt(openUdpPort("127.0.0.1"), (port) => port.close());
  await using it = await enrolled(acs, { datagrams });
  const used = {
    LightweightNotificationProtocolsUsed: "UDP",
    UDPLightweightNotificationPort: notifications.port,
  };
  await acs.client.call(it.key, "SetParameterValues", {
    params: { ParameterList: { [SERVER]: used } },
    wait,
  });
  const attributes = { "Device.WiFi.Radio.1.": { Channel: { Notification: 5 } } };
  await acs.client.call(it.key, "SetParameterAttributes", { params: { ParameterList: attributes }, wait });
  it.model.set(CHANNEL, 11);
  await learned(acs, it.key, 11);
});

test("a device that has nothing to send datagrams with says that it grants no such notification [CWMP-NOTIFY-5, CWMP-NOTIFY-6]", async () => {
  await using acs = await runAcs();
  await using it = await enrolled(acs, {});
  const attributes = { "Device.WiFi.Radio.1.": { Channel: { Notification: 3 } } };
  await assert.rejects(
    acs.client.call(it.key, "SetParameterAttributes", { params: { ParameterList: attributes }, wait }),
    /fault 9009/,
  );
});
