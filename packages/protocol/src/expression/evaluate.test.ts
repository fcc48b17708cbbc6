import assert from "node:assert/strict";
import { test } from "node:test";
import type { CompactValue } from "../model/value.ts";
import { evaluate, type Answer, type KnownFacts } from "./evaluate.ts";
import type { FactName } from "./facts.ts";
import { parseExpression } from "./parse.ts";
import { pathMatcher } from "./path-pattern.ts";

const NOW = Date.parse("2026-01-31T12:00:00Z");
const DAY = 86_400_000;

const known: Partial<Record<FactName, string | number | readonly string[]>> = {
  manufacturer: "Acme Ltd",
  productClass: "",
  softwareVersion: "1.10",
  tag: ["gold", "site-7"],
  approval: "approved",
  address: "192.0.2.77",
  lastInform: NOW - 2 * DAY,
};
const parameters: Readonly<Record<string, CompactValue>> = {
  "Device.WiFi.Radio.1.Channel": 6,
  "Device.WiFi.Radio.2.Channel": ["36", "unsignedInt"],
  "Device.WiFi.Radio.1.Enable": true,
  "Device.WiFi.Radio.2.Enable": "0",
  "Device.X.Name": "living room",
  "Device.X.Nothing": null,
  "Device.X.Bytes": ["18446744073709551615", "unsignedLong"],
  "Device.X.Since": ["2026-01-01T00:00:00Z", "dateTime"],
};

const device: KnownFacts = {
  now: NOW,
  fact: (name) => known[name],
  values(path) {
    const matches = pathMatcher(path);
    return Object.entries(parameters).flatMap(([each, value]) => (matches(each) ? [value] : []));
  },
  hasObject: (path) => Object.keys(parameters).some(pathMatcher(path)),
};

function ask(text: string): Answer {
  const read = parseExpression(text);
  assert.ok(read.ok, `${text}: ${JSON.stringify(read)}`);
  return evaluate(read.value, device);
}

const answers: readonly (readonly [text: string, answer: Answer])[] = [
  ['manufacturer = "Acme Ltd"', true],
  ['manufacturer = "acme ltd"', false],
  ['manufacturer ~ "ACME*"', true],
  ['manufacturer ~ "acme"', false],
  ['manufacturer ~ "*m*l*"', true],
  ['manufacturer ~ "*l*m*"', false],
  ['manufacturer in ("Other", "Acme Ltd")', true],
  ['productClass = ""', true],
  ["has productClass", true],
  ['softwareVersion > "1.9"', true],
  ["softwareVersion >= 1.10", true],
  ["softwareVersion < 1.10.1", true],
  ['softwareVersion ~ "1.*"', true],
  ['hardwareVersion = "A"', undefined],
  ['hardwareVersion != "A"', undefined],
  ['not hardwareVersion = "A"', undefined],
  ["has hardwareVersion", false],
  ["not has hardwareVersion", true],
  ['hardwareVersion = "A" and approval = rejected', false],
  ['hardwareVersion = "A" and approval = approved', undefined],
  ['hardwareVersion = "A" or approval = approved', true],
  ['hardwareVersion = "A" or approval = rejected', undefined],
  ['tag = "gold"', true],
  ['tag = "silver"', false],
  ['tag != "silver"', true],
  ['tag != "gold"', false],
  ['tag ~ "site-*"', true],
  ['tag in ("silver", "site-7")', true],
  ['address = "192.0.2.0/24"', true],
  ['address in ("10.0.0.0/8", "192.0.2.77")', true],
  ['address = "::ffff:192.0.2.77"', true],
  ['address = "::/0"', false],
  ["lastInform < 1d ago", true],
  ["lastInform < 3d ago", false],
  ["lastInform >= 2026-01-29T12:00:00Z", true],
  ["lastBoot < 1d ago", undefined],
  ["Device.WiFi.Radio.1.Channel = 6", true],
  ['Device.WiFi.Radio.1.Channel = "6"', true],
  ["Device.WiFi.Radio.*.Channel = 36", true],
  ["Device.WiFi.Radio.*.Channel > 36", false],
  ["Device.WiFi.Radio.*.Channel != 36", false],
  ["Device.WiFi.Radio.*.Channel != 1", true],
  ["Device.WiFi.Radio.1.Enable = true", true],
  ["Device.WiFi.Radio.2.Enable = false", true],
  ["Device.X.Name = 7", undefined],
  ['Device.X.Name ~ "living*"', true],
  ["Device.X.Nothing = 1", undefined],
  ["has Device.X.Nothing", true],
  ["has Device.X.Absent", false],
  ["Device.X.Absent != 1", undefined],
  ["Device.X.Bytes > 4294967295", true],
  ["Device.X.Since < 7d ago", true],
  ["Device.X.Name < 7d ago", undefined],
  ["has Device.WiFi.Radio.2.", true],
  ["has Device.WiFi.Radio.3.", false],
  ["has Device.WiFi.Radio.*.", true],
];
for (const [text, answer] of answers) {
  test(`${text} is ${answer === undefined ? "not known" : String(answer)}`, () => {
    assert.equal(ask(text), answer);
  });
}
