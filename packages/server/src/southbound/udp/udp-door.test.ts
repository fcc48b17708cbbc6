import assert from "node:assert/strict";
import { test } from "node:test";
import { readUdpAddress, readUdpDoor } from "./udp-door.ts";

const at = 1;

test("a UDPConnectionRequestAddress is host and port, or a host for port 80 [CWMP-UDP-6]", () => {
  for (const [text, host, port] of [
    ["192.0.2.1:5000", "192.0.2.1", 5000],
    ["192.0.2.1", "192.0.2.1", 80],
    ["[2001:DB8:0::1]:5000", "2001:db8::1", 5000],
    ["[::ffff:192.0.2.1]", "192.0.2.1", 80],
  ] as const) {
    assert.deepEqual(readUdpAddress(text), { host, port }, text);
  }
});

test("an address that is none is none [CWMP-UDP-6, QUIRKS-REQUEST-61]", () => {
  for (const text of [
    "",
    ":",
    ":5000",
    "192.0.2.1:",
    "192.0.2.1:0",
    "192.0.2.1:65536",
    "192.0.2:1",
    "cpe:1",
    "::1",
  ]) {
    assert.equal(readUdpAddress(text), undefined, text);
  }
});

test("what a device said of itself is its door; one that has STUN switched off has none", () => {
  const door = (leaves: Readonly<Record<string, string | boolean>>) =>
    readUdpDoor("Device.", {
      "Device.ManagementServer.": Object.fromEntries(
        Object.entries(leaves).map(([name, value]) => [name, { value, at }]),
      ),
    });
  const address = { UDPConnectionRequestAddress: " 192.0.2.1:5000" };
  const known = { at: { host: "192.0.2.1", port: 5000 }, authority: "192.0.2.1:5000" };
  assert.deepEqual(door(address), { ...known, isBehindNat: false });
  assert.deepEqual(door({ ...address, NATDetected: true }), { ...known, isBehindNat: true });
  assert.deepEqual(door({ ...address, NATDetected: "1", STUNEnable: "true" }), {
    ...known,
    isBehindNat: true,
  });
  assert.equal(door({ ...address, STUNEnable: false }), undefined);
  assert.equal(door({ NATDetected: true }), undefined);
  assert.equal(readUdpDoor("Device.", {}), undefined);
});
