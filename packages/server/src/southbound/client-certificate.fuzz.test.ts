import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDeviceKey } from "@heliograph/protocol";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { devicesOf, isCertified } from "./client-certificate.ts";

const seeds = [
  "O=Maker\nCN=001122-Box-S1",
  "CN=001122-My%20Box\\, red-S1\nOU=x",
  "DNS:box.example, URI:urn:dev:ops:001122-Box-S1, IP Address:192.0.2.1",
  'URI:"urn:dev:ops:001122-Box-S1\\u002c DNS:x", DNS:001122-S1',
];
const tokens = [
  "CN=",
  "\n",
  "001122-",
  "-",
  "%2D",
  "%",
  "\\",
  ", ",
  "URI:",
  "DNS:",
  "urn:dev:ops:",
  '"',
  "é",
  "\ud800",
];

/** Keys as they stand in the registry, each of which the certificate is for. */
function judge(text: string): void {
  const devices = devicesOf({ subject: text, subjectAltName: text });
  if (devices === undefined) return;
  for (const device of devices) {
    assert.equal(parseDeviceKey(device), device);
    assert.match(device, /^[0-9A-F]{6}-/);
    assert.ok(isCertified(device, devices));
  }
}

test("any names of a certificate are those of devices, or of none", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 3_000 }));

test("the time for any names of a certificate grows no faster than they do", () => {
  growsLinearly({ tokens, read: judge });
});
