import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceKey } from "@heliograph/protocol";
import type { DeviceRecord } from "../ports/index.ts";
import { showDevice } from "./show-device.ts";

const deviceId = { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "IGD", SerialNumber: "1" };
const key = deviceKey(deviceId);
assert.ok(key !== undefined);

const DETAIL = "3 datagrams to 192.0.2.1:5000 sent";

const called: DeviceRecord = {
  key,
  deviceId,
  approval: "approved",
  enrolledAt: 0,
  enrolledBy: "open-enrolment",
  address: "192.0.2.1",
  lastInformAt: 1_000,
  facts: {},
  generation: 1,
  wake: { attempts: 1, last: { at: 2_000, result: "sent", detail: DETAIL } },
  credentials: "confirmed",
  credentialVersion: 1,
  tags: [],
};

function detailAt(now: number, device: Partial<DeviceRecord> = {}): string | undefined {
  return showDevice({ ...called, ...device }, now).connectionRequest.last?.detail;
}

test("a person is told where datagrams brought nobody for half a minute", () => {
  assert.equal(detailAt(31_999), DETAIL);
  assert.equal(detailAt(32_000), `${DETAIL}, no Inform came within 30 s`);
  assert.equal(detailAt(32_000, { lastInformAt: 2_500 }), DETAIL);
  const answered = { attempts: 1, last: { at: 2_000, result: "busy", detail: "it is busy" } } as const;
  assert.equal(detailAt(32_000, { wake: answered }), "it is busy");
});
