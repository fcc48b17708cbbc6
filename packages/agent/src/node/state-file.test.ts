import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { emptyAgenda } from "../agenda.ts";
import { dataModel } from "../data-model.ts";
import { stateFile } from "./state-file.ts";

const state = {
  model: dataModel({ "Device.X": 1 }).snapshot(),
  agenda: { ...emptyAgenda, bootstrappedAt: "http://acs/" },
};

test("a state is kept whole, and for its owner only", () => {
  using directory = tempDir();
  const path = directory.file("state");
  assert.equal(stateFile(path).load(), undefined);
  stateFile(path).save(state);
  assert.deepEqual(stateFile(path).load(), state);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

for (const text of [
  "",
  "{",
  "[]",
  "null",
  '{"model":{},"agenda":{}}',
  '{"model":{"rows":{},"values":{},"attributes":{}},"agenda":{}}',
]) {
  test(`${JSON.stringify(text)} is no device's state`, () => {
    using directory = tempDir();
    writeFileSync(directory.file("state"), text);
    assert.throws(() => stateFile(directory.file("state")).load(), { code: "E_STATE_FILE" });
  });
}
