import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { acsRpcs, deviceRpcs, faultText } from "@heliograph/protocol";

const register = readFileSync(new URL("../../../../spec/rpcs.md", import.meta.url), "utf8");

/** What the rules of a section begin with. */
function rules(section: string): readonly string[] {
  const [, text = ""] = register.split(`\n## ${section}\n`);
  const [own = ""] = text.split("\n## ");
  return own.split("\n").flatMap((line) => /^- \[[ x]\] `[A-Z0-9-]+` (.*)$/.exec(line)?.[1] ?? []);
}

test("the register has a rule for every RPC, in the order of the table in code", () => {
  const calls = rules("Calls on a device").map((rule) => rule.split(":")[0]);
  assert.deepEqual(calls.slice(0, Object.keys(deviceRpcs).length), Object.keys(deviceRpcs));
  const reports = rules("Reports of a device").map((rule) => rule.split(" ")[0]);
  assert.deepEqual(reports.slice(0, Object.keys(acsRpcs).length), Object.keys(acsRpcs));
});

test("the register has a rule for every fault that is known, with its text", () => {
  const ofAcs = Array.from({ length: 7 }, (_, index) => 8000 + index);
  const ofDevice = Array.from({ length: 33 }, (_, index) => 9000 + index);
  for (const [section, codes] of [
    ["Faults of the ACS", ofAcs],
    ["Faults of a device", ofDevice],
  ] as const) {
    const said = rules(section).map((rule) => rule.replace(/[:.] ?.*$/, ""));
    const texts = codes.map((code) => `${code} ${faultText(code)}`.replace(/[:.].*$/, ""));
    assert.deepEqual(said.slice(0, codes.length), texts);
  }
});

test("the register has a rule for every event, by its number", () => {
  const numbers = rules("Events of an Inform").flatMap((rule) => /^`(\d+) /.exec(rule)?.[1] ?? []);
  assert.deepEqual(
    numbers.map(Number),
    Array.from({ length: 15 }, (_, index) => index),
  );
});
