import { subprotocols, testDevice, type Row } from "@heliograph/conformance";
import { dataModel } from "@heliograph/agent";
import { startDevice } from "@heliograph/agent/node";
import assert from "node:assert/strict";
import { test } from "node:test";
import { failuresOf, skippedOf } from "./rows.ts";

for (const subprotocol of subprotocols) {
  test(`a device of the agent passes the kit in ${subprotocol}`, async () => {
    const rows = await withDevice(subprotocol);
    assert.deepEqual(failuresOf(rows), []);
    assert.ok(rows.length - skippedOf(rows).length > 10, `of ${rows.length} too few were looked at`);
  });
}

async function withDevice(subprotocol: (typeof subprotocols)[number]): Promise<readonly Row[]> {
  await using devices = new AsyncDisposableStack();
  return await testDevice(
    {
      listen: { host: "127.0.0.1", port: 0 },
      subprotocol,
      patienceMs: 5_000,
      connectMs: 20_000,
      onListening: (acsUrl) => void begin(acsUrl),
    },
    { allowed: new Set() },
  );

  async function begin(acsUrl: string): Promise<void> {
    const device = await startDevice({
      acsUrl,
      deviceId: { Manufacturer: "Example", OUI: "F0F0F0", ProductClass: "Router", SerialNumber: "1" },
      dataModel: dataModel({
        "Device.DeviceInfo.SoftwareVersion": "2.1.0",
        "Device.WiFi.Radio.1.Channel": { type: "unsignedInt", value: 36, writable: true },
      }),
      light: { subprotocols: [subprotocol] },
    });
    devices.defer(() => device.close());
  }
}
