import type { JsonObject, QuirkImport } from "@heliograph/api";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { runAgainst } from "../northbound-run.fixture.ts";
import type { Script } from "../scripted-northbound.fixture.ts";

const IGD = { oui: "00D09E", productClass: "IGD" };
const file = {
  format: "heliograph-quirks",
  version: 1,
  models: [{ model: IGD, set: { digest: "md5-only" } }],
} as const;

const items: QuirkImport["items"] = [
  { model: IGD, name: "digest", value: "md5-only", how: "set", outcome: "added" },
  {
    model: { ...IGD, softwareVersion: "2.1" },
    name: "booleans",
    value: "words",
    how: "learned",
    outcome: "same",
  },
  { model: IGD, name: "cookies", value: "returned", how: "set", outcome: "kept", was: "not-returned" },
  { model: IGD, name: "fractions", value: "kept", how: "set", outcome: "replaced", was: "dropped" },
];

/** What an import of that text says, and what the ACS was asked. */
async function importing(text: string, script: Script, ...flags: readonly string[]) {
  using folder = tempDir();
  const path = folder.file("quirks.json");
  writeFileSync(path, text);
  const run = await runAgainst(script, ["quirks", "import", path, ...flags]);
  return { ...run, errors: run.terminal.errors().replaceAll(path, "quirks.json") };
}

test("what is known of models is printed as it is, to be kept as a file", async () => {
  const script: Script = { exportQuirks: () => ({ status: 200, body: file }) };
  const args = ["quirks", "export", "--model", "00D09E-IGD", "--software", "2.1"];
  const { exitCode, terminal, asked } = await runAgainst(script, args);
  assert.equal(exitCode, 0);
  assert.deepEqual(JSON.parse(terminal.output()), file);
  assert.deepEqual(asked.at(-1)?.query, { ...IGD, softwareVersion: "2.1" });
});

test("an import says what became of each quirk that was news", async () => {
  const script: Script = { importQuirks: () => ({ status: 200, body: { dryRun: false, items } }) };
  const { exitCode, terminal, errors, asked } = await importing(JSON.stringify(file), script, "--replace");
  assert.equal(exitCode, 0);
  assert.deepEqual(asked.at(-1)?.body, file);
  assert.deepEqual(asked.at(-1)?.query, { dryRun: "false", replace: "true" });
  assert.deepEqual(terminal.output().split("\n"), [
    "model       software  quirk      value",
    "00D09E-IGD  any       digest     md5-only  set",
    "00D09E-IGD  any       cookies    returned  stays not-returned, as set here",
    "00D09E-IGD  any       fractions  kept      set, in place of dropped",
  ]);
  assert.match(errors, /2 of 4 have changed, 1 stay as they are here/);
});

test("a dry run says what would change", async () => {
  const script: Script = { importQuirks: () => ({ status: 200, body: { dryRun: true, items } }) };
  const { errors, asked } = await importing(JSON.stringify(file), script, "--dry-run");
  assert.equal(asked.at(-1)?.query["dryRun"], "true");
  assert.match(errors, /2 of 4 would change/);
});

test("what the ACS does not know is told with its line, and nothing is said to have been taken", async () => {
  const wrong: JsonObject = { ...file, models: [{ model: IGD, set: { dance: "yes" } }] };
  const errors = [{ at: "$.models[0].set.dance", detail: "is no quirk" }];
  const script: Script = { importQuirks: () => ({ refuses: "unknown-quirk-value", errors }) };
  const { exitCode, errors: said } = await importing(JSON.stringify(wrong, null, 2), script);
  assert.equal(exitCode, 2);
  assert.match(said, /nothing of quirks\.json was taken/);
  assert.match(said, /quirks\.json:11: dance is no quirk/);
});

test("what is no JSON, or not there, is refused before anything is asked", async () => {
  const { exitCode, errors, asked } = await importing("{", {});
  assert.deepEqual([exitCode, asked], [2, []]);
  assert.match(errors, /quirks\.json is no JSON/);
  const absent = await runAgainst({}, ["quirks", "import", "/nowhere/quirks.json"]);
  assert.deepEqual([absent.exitCode, absent.asked], [2, []]);
});
