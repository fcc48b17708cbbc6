import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { AuditEntry } from "@heliograph/api";
import { tempDir, type LockstepDevice } from "@heliograph/testkit";
import { enrolledDevice } from "../manage/enrolled-device.ts";
import { RunningServer } from "../running-server.ts";

const folder = tempDir();
const acs = await RunningServer.start(folder, "loopback");
after(async () => {
  await acs[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

test("what a device refuses is in the audit log with its fault, and with the values that stayed [GRANTS-AUDIT-4]", async () => {
  await using device = await enrolledDevice(acs);
  const { client } = acs;
  await client.operations.create(device.key, setting({ Channel: 36 }));
  await device.inform();
  await device.expectRpc("SetParameterValues");
  await device.answer({ Status: 0 });
  await device.expectNothing();
  const { id } = await client.operations.create(device.key, setting({ Channel: 999 }));
  const [queued] = await calls(device);
  assert.deepEqual(
    [queued?.operation, queued?.state, queued?.changes?.[0]?.after],
    [id, "queued", undefined],
  );
  await device.inform();
  await device.expectRpc("SetParameterValues");
  await device.fault(9003, "Invalid arguments");
  await device.expectNothing();
  await acs.ended(id);
  const [refused, done] = await calls(device);
  assert.deepEqual(
    [refused?.state, refused?.faults],
    ["faulted", [{ code: 9003, message: "Invalid arguments" }]],
  );
  const path = "Device.WiFi.Radio.1.Channel";
  assert.deepEqual(refused?.changes, [{ path, before: 36, asked: 999, after: 36 }]);
  assert.deepEqual([done?.state, done?.faults], ["done", undefined]);
  assert.deepEqual(done?.changes, [{ path, before: null, asked: 36, after: 36 }]);
});

test("a secret that was written is shown neither as it was nor as it is [GRANTS-AUDIT-4]", async () => {
  await using device = await enrolledDevice(acs);
  const { client } = acs;
  for (const KeyPassphrase of ["open sesame", "sesame two"]) {
    await client.operations.create(device.key, setting({ KeyPassphrase }));
    await device.inform();
    await device.expectRpc("SetParameterValues");
    await device.answer({ Status: 0 });
    await device.expectNothing();
  }
  const [entry] = await calls(device);
  const path = "Device.WiFi.Radio.1.KeyPassphrase";
  assert.deepEqual(entry?.changes, [{ path, asked: "(hidden)", after: "(hidden)" }]);
  assert.doesNotMatch(JSON.stringify(await client.audit({ device: device.key })), /sesame/);
});

function setting(values: Readonly<Record<string, string | number>>) {
  const params = { ParameterList: { "Device.WiFi.Radio.1.": values }, ParameterKey: "" };
  return { method: "SetParameterValues", params };
}

/** Newest first. */
async function calls(device: LockstepDevice): Promise<readonly AuditEntry[]> {
  return (await acs.client.audit({ device: device.key, action: "call" })).items;
}
