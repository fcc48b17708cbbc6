import assert from "node:assert/strict";
import { test } from "node:test";
import { isGood, usableReference } from "./reference.ts";
import type { GivenReference } from "./reference.ts";

const reference = { url: "ws://acs:7547/light", subprotocol: "cwmp.json", token: "t.o.k", expiresIn: 600 };
const now = 1_000;
const spoken = ["cwmp.json", "cwmp.soap"] as const;

function usable(given: Partial<GivenReference>, acsUrl = "http://acs/"): boolean {
  return usableReference({ reference: { ...reference, ...given }, spoken, acsUrl, now }) !== undefined;
}

test("a reference is good until it expires [LIGHT 1.2]", () => {
  const given = usableReference({ reference, spoken, acsUrl: "http://acs/", now });
  assert.deepEqual(given, {
    url: "ws://acs:7547/light",
    subprotocols: ["cwmp.json"],
    token: "t.o.k",
    expiresAt: 601_000,
  });
  assert.ok(isGood(given, 600_999));
  assert.ok(!isGood(given, 601_000));
});

test("an ACS that is spoken to over TLS cannot send its devices into the clear", () => {
  assert.ok(!usable({}, "https://acs/"));
  assert.ok(usable({ url: "wss://acs/light" }, "https://acs/"));
});

test("where the ACS leaves the choice to the opening, the device offers all that it speaks [LIGHT-REFER-5]", () => {
  const given = { ...reference, subprotocol: undefined };
  const usable = usableReference({ reference: given, spoken, acsUrl: "http://acs/", now });
  assert.deepEqual(usable?.subprotocols, spoken);
});

const unusable: readonly (readonly [what: string, given: Partial<GivenReference>])[] = [
  ["a subprotocol that the device does not speak", { subprotocol: "cwmp.cbor" }],
  ["no WebSocket", { url: "http://acs/light" }],
  ["no URL", { url: "acs/light" }],
  ["a URL with a fragment", { url: "ws://acs/light#1" }],
  ["no token", { token: "" }],
  ["a token that no header can carry", { token: "t\r\nX: y" }],
];

for (const [what, given] of unusable) {
  test(`a reference with ${what} is none`, () => {
    assert.ok(!usable(given));
  });
}
