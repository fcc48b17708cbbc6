import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { deviceKey, parseDeviceKey } from "./device-id.ts";

const seeds = [
  "00D09E|IGD|SN0001",
  "00d09e||a b/c",
  "|ü|€-😀",
  "00D09E-IGD-SN0001",
  "00D09E-a%2Fb-%E2%82%AC",
  "-1",
];
const tokens = ["|", "-", "%", "%2D", "%2d", "%E2%82", "%00", "_", "/", "..", "*", ">", "."];

/** A key stands for itself in a bus subject, a path and a file name, and tells apart what differs. */
function judge(text: string): void {
  const known = parseDeviceKey(text);
  assert.ok(known === undefined || known === text);
  const [OUI = "", ProductClass = "", SerialNumber = ""] = text.split("|");
  const key = deviceKey({ Manufacturer: "", OUI, ProductClass, SerialNumber });
  if (key === undefined) return;
  assert.match(key, /^[0-9A-Za-z_%-]{2,512}$/);
  assert.equal(parseDeviceKey(key), key);
  const parts = key.split("-").map(decodeURIComponent);
  const given = [OUI.toUpperCase(), ProductClass, SerialNumber].map((part) => part.trim().toWellFormed());
  assert.deepEqual(
    parts,
    given.filter((part, index) => index !== 1 || part !== ""),
  );
}

test("any identity gives a safe key from which it can be told, or none; any text is a key or is not", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 4_000, maxChars: 700 }));

test("the time for any text grows no faster than the text", () => {
  growsLinearly({
    tokens,
    frames: [
      ["", ""],
      ["A-B-", "!"],
    ],
    read: judge,
  });
});
