import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceKey } from "@heliograph/protocol";
import { connectionId, engineId, gatewayId, type DeviceRecord, type WakeResult } from "./index.ts";
import { reachability } from "./reachability.ts";

const deviceId = { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "IGD", SerialNumber: "1" };
const key = deviceKey(deviceId);
assert.ok(key !== undefined);

const INFORMED_AT = 1_000;
/** Half a minute after the first moment at which it could be woken. */
const NOW = 31_000;
const url = { connectionRequestUrl: "http://192.0.2.1:7547/" };
const connection = {
  id: connectionId("c"),
  gateway: gatewayId("g"),
  engine: engineId("e"),
  openedAt: INFORMED_AT,
};
const session = { ...connection, transport: "classic" } as const;
const socket = { ...connection, transport: "light" } as const;

const known: DeviceRecord = {
  key,
  deviceId,
  approval: "approved",
  enrolledAt: 0,
  enrolledBy: "open-enrolment",
  address: "192.0.2.1",
  lastInformAt: INFORMED_AT,
  facts: {},
  generation: 1,
  wake: { attempts: 0 },
  credentials: "confirmed",
  credentialVersion: 1,
  tags: [],
};

function woken(result: WakeResult, at: number): Pick<DeviceRecord, "facts" | "wake"> {
  return { facts: url, wake: { attempts: 1, last: { at, result, detail: "tried" } } };
}

for (const [name, device, expected] of [
  ["that gave no address, even in a session", { connection: session }, "unreachable"],
  ["that has a light connection, though it gave no address", { connection: socket }, "connected"],
  ["whose light connection is closed", { connection: { ...socket, closed: true } }, "unreachable"],
  [
    "whose light connection is closed and which gave an address",
    { facts: url, connection: { ...socket, closed: true } },
    "wakeable",
  ],
  ["that gave an address", { facts: url }, "wakeable"],
  ["that said it will call", woken("accepted", INFORMED_AT + 1), "wakeable"],
  ["that said it is busy", woken("busy", INFORMED_AT + 1), "wakeable"],
  ["that did not answer", woken("unreachable", INFORMED_AT + 1), "unreachable"],
  ["that refused the credentials", woken("unauthorized", INFORMED_AT + 1), "unreachable"],
  ["that was called by UDP", woken("sent", INFORMED_AT + 1), "wakeable"],
  ["that was called by UDP, and did not come in half a minute", woken("sent", INFORMED_AT), "unreachable"],
  ["that was called by UDP, gave no URL, and may still come", { wake: woken("sent", NOW).wake }, "wakeable"],
  ["that came after it was called by UDP", woken("sent", INFORMED_AT - 1), "wakeable"],
  ["that did not answer, but informed since", woken("unreachable", INFORMED_AT - 1), "wakeable"],
] as const) {
  test(`a device ${name} is ${expected}`, () => {
    assert.equal(reachability({ ...known, ...device }, NOW), expected);
  });
}
