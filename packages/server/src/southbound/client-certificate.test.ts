import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceKey } from "@heliograph/protocol";
import type { DeviceKey } from "@heliograph/protocol";
import { devicesOf, isCertified } from "./client-certificate.ts";

function key(ProductClass: string, SerialNumber: string, OUI = "001122"): DeviceKey {
  const found = deviceKey({ Manufacturer: "Maker", OUI, ProductClass, SerialNumber });
  assert.ok(found !== undefined);
  return found;
}

const box = key("Box", "S1");
const short = key("", "S1");

const named: readonly (readonly [
  kind: string,
  subject: string,
  subjectAltName: string | undefined,
  devices: readonly DeviceKey[] | undefined,
])[] = [
  ["the whole name as common name", "O=Maker\nCN=001122-Box-S1", undefined, [box]],
  ["the name without a product class", "CN=001122-S1", undefined, [short]],
  ["an OUI in small letters", "CN=00aabb-Box-S1", undefined, [key("Box", "S1", "00AABB")]],
  ["an escaped name", "CN=001122-My%20Box-S%2d1", undefined, [key("My Box", "S-1")]],
  ["a name as it is", "CN=001122-My Box\\, red-S1", undefined, [key("My Box, red", "S1")]],
  ["a URN of a device", "CN=box", "URI:urn:dev:ops:001122-Box-S1", [box]],
  ["a URN of a USP agent", "CN=box", "DNS:box.example, URI:urn:bbf:usp:id:ops::001122-Box-S1", [box]],
  ["a host name that is a device's", "CN=box", "DNS:001122-Box-S1", [box]],
  ["both names of a device", "CN=001122-S1", "URI:urn:dev:ops:001122-Box-S1", [box, short]],
];
const joined: typeof named = [
  ["with dashes", "CN=001122-My_Box-S1", undefined, [key("My_Box", "S1")]],
  ["with underscores", "CN=001122_Box_S1", undefined, [box]],
  ["with an underscore, without a product class", "CN=001122_S1", undefined, [short]],
  ["with underscores, and escaped", "CN=001122_My%20Box_S1", undefined, [key("My Box", "S1")]],
  ["with underscores that can be read in two ways", "CN=001122_My_Box_S1", undefined, undefined],
];
for (const [kind, subject, subjectAltName, devices] of joined) {
  test(`a name joined ${kind} is ${devices === undefined ? "no device's" : "a device's"} [CWMP-AUTH-6]`, () => {
    assert.deepEqual(devicesOf({ subject, subjectAltName }), devices);
  });
}

for (const [kind, subject, subjectAltName, devices] of named) {
  test(`a certificate with ${kind} is that device's [CWMP-AUTH-10]`, () => {
    assert.deepEqual(devicesOf({ subject, subjectAltName }), devices);
  });
}

const nameless: readonly (readonly [kind: string, subject: string, subjectAltName?: string])[] = [
  ["for a family of devices", "CN=Boxes of the family"],
  ["of a proxy", "CN=proxy.example", "DNS:proxy.example, IP Address:192.0.2.1"],
  ["with a host name that begins like a device", "CN=x", "DNS:001122-box.example"],
  ["with a name quoted because it could be two", "CN=x", 'URI:"urn:dev:ops:001122-Box-S1\\u002c DNS:x"'],
  ["with dashes that can be read in two ways", "CN=001122-My-Box-S1"],
  ["with a name that goes on in another line of its subject", "CN=x\nOU=001122-Box-S1"],
  ["without a serial number", "CN=001122-"],
];
for (const [kind, subject, subjectAltName] of nameless) {
  test(`a certificate ${kind} is no device's [CWMP-AUTH-10]`, () => {
    assert.equal(devicesOf({ subject, subjectAltName }), undefined);
  });
}

test("a certificate without a product class is for the number in each, and no other is for more than it says [CWMP-AUTH-10]", () => {
  assert.ok(isCertified(box, [short]));
  assert.ok(isCertified(box, [box]));
  assert.ok(isCertified(short, [short]));
  assert.equal(isCertified(short, [box]), false);
  assert.equal(isCertified(key("Box", "S2"), [box, short]), false);
  assert.equal(isCertified(key("Router", "S1"), [box]), false);
  assert.equal(isCertified(key("", "Box-S1"), [box]), false);
});
