import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionId, engineId, gatewayId, type Announcement, type InformEvent } from "../ports/index.ts";
import { key } from "./device.fixture.ts";
import { eventName, openConnection } from "./inform.ts";

function announced(
  events: readonly InformEvent[],
  parameters: Announcement["parameters"] = {},
): Announcement {
  return {
    device: key,
    deviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: "1" },
    connection: connectionId("c"),
    gateway: gatewayId("g"),
    credentialVersion: 1,
    address: "192.0.2.1",
    at: 5,
    events,
    parameters,
    style: { namespace: "urn:dslforum-org:cwmp-1-0", declaration: true },
  };
}
const engine = engineId("e");

test("every event code becomes one subject token, whatever a device sends", () => {
  const names = [
    "0 BOOTSTRAP",
    "4 VALUE CHANGE",
    "M Reboot",
    "X 00D09E Odd.Name >*",
    "",
    "..",
    "é".repeat(99),
  ].map(eventName);
  assert.deepEqual(names, [
    "bootstrap",
    "value-change",
    "m-reboot",
    "x-00d09e-odd-name",
    "unnamed",
    "unnamed",
    "unnamed",
  ]);
});

const standard = [
  ["0 BOOTSTRAP", "bootstrap"],
  ["1 BOOT", "boot"],
  ["3 SCHEDULED", "scheduled"],
  ["4 VALUE CHANGE", "value-change"],
  ["5 KICKED", "kicked"],
  ["6 CONNECTION REQUEST", "connection-request"],
  ["7 TRANSFER COMPLETE", "transfer-complete"],
  ["8 DIAGNOSTICS COMPLETE", "diagnostics-complete"],
  ["9 REQUEST DOWNLOAD", "request-download"],
  ["10 AUTONOMOUS TRANSFER COMPLETE", "autonomous-transfer-complete"],
  ["11 DU STATE CHANGE COMPLETE", "du-state-change-complete"],
  ["12 AUTONOMOUS DU STATE CHANGE COMPLETE", "autonomous-du-state-change-complete"],
  ["13 WAKEUP", "wakeup"],
] as const;

test("each event of the standard is stored with its code and a name of its own, but for signs of life [CWMP-EVENT-1]", () => {
  const codes = [...standard.map(([code]) => code), "2 PERIODIC", "14 HEARTBEAT"];
  const { events } = openConnection(announced(codes.map((code) => ({ code, commandKey: "" }))), engine);
  assert.deepEqual(
    events.map(({ name, data }) => [data["code"], name]),
    standard,
  );
});

test("signs of life are not stored as events, all others are", () => {
  const events = ["2 PERIODIC", "14 HEARTBEAT", "1 BOOT"].map((code) => ({ code, commandKey: "" }));
  assert.deepEqual(
    openConnection(announced(events), engine).events.map((event) => event.name),
    ["boot"],
  );
});

test("a value change names its parameters and keeps their values to the parameter store", () => {
  const parameters = { "Device.WiFi.": { Channel: 11 } };
  const [event] = openConnection(
    announced([{ code: "4 VALUE CHANGE", commandKey: "" }], parameters),
    engine,
  ).events;
  assert.deepEqual(event?.data["parameters"], ["Device.WiFi.Channel"]);
});

test("facts are read under either root, and only those that were sent", () => {
  const { facts } = openConnection(
    announced([], {
      "InternetGatewayDevice.DeviceInfo.": { SoftwareVersion: "1.2", HardwareVersion: ["3", "decimal"] },
      "InternetGatewayDevice.ManagementServer.": { ConnectionRequestURL: "" },
    }),
    engine,
  );
  assert.deepEqual(facts, { root: "InternetGatewayDevice.", softwareVersion: "1.2", hardwareVersion: "3" });
});

test("boot and bootstrap are told apart", () => {
  const change = openConnection(announced([{ code: "1 BOOT", commandKey: "" }]), engine);
  assert.deepEqual([change.booted, change.bootstrapped], [true, false]);
});
