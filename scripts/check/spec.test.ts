import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRegister } from "./register.ts";
import { judge, type Named } from "./spec.ts";

const DONE = "- [x] `CWMP-RETRY-1` Before a retry the CPE waits. (TR-069 3.2.1.1)";
const PLANNED = "- [ ] `CWMP-RETRY-2` It waits longer each time. (TR-069 3.2.1.1)";
const SHOWN: Named = {
  path: "packages/agent/src/retry.test.ts",
  text: 'test("a retry waits [CWMP-RETRY-1, CWMP-RETRY-2]", () => {});',
};

function judged(lines: readonly string[], ...code: readonly Named[]): readonly string[] {
  return judge([parseRegister("spec/cwmp.md", ["## Session retry", ...lines].join("\n"))], code);
}

test("a rule is read with its section, state, text and source", () => {
  assert.deepEqual(parseRegister("spec/cwmp.md", `## Session retry\n\n${DONE}\n`).rules, [
    {
      id: "CWMP-RETRY-1",
      section: "Session retry",
      state: "done",
      text: "Before a retry the CPE waits.",
      source: "TR-069 3.2.1.1",
    },
  ]);
});

test("a done rule that a test names passes, and so does a planned one that no test names", () => {
  assert.deepEqual(judged([DONE, PLANNED], SHOWN), []);
  assert.deepEqual(judged([PLANNED]), []);
});

test("a done rule that no test names fails", () => {
  assert.deepEqual(judged([DONE]), ["CWMP-RETRY-1: done, and no test's title names it"]);
});

test("a rule that is left out passes without a test, and fails with one", () => {
  const leftOut = PLANNED.replace("[ ]", "[-]");
  assert.deepEqual(judged([leftOut]), []);
  assert.deepEqual(judged([DONE, leftOut], SHOWN), ["CWMP-RETRY-2: left out, and a test's title names it"]);
});

test("a comment, or a title outside the tests, is not a test of the rule", () => {
  const comment = { path: SHOWN.path, text: "// waits [CWMP-RETRY-1]" };
  const elsewhere = { ...SHOWN, path: "packages/agent/src/retry.ts" };
  for (const named of [comment, elsewhere]) assert.equal(judged([DONE, PLANNED], named).length, 1);
});

test("an id that is no rule fails where it stands", () => {
  const code = { path: "packages/agent/src/retry.ts", text: "/** Waits [CWMP-RETRY-9]. */" };
  assert.deepEqual(judged([PLANNED], code), [
    "packages/agent/src/retry.ts: CWMP-RETRY-9 is no rule of the register",
  ]);
});

test("an id given twice fails", () => {
  assert.deepEqual(judged([PLANNED, PLANNED]), ["CWMP-RETRY-2: given twice"]);
});

test("a line that is not in the form of a rule fails", () => {
  const malformed = [
    "- [ ] `CWMP-RETRY-3` No source.",
    "- [ ] `STOMP-FRAME-1` Another file's. (STOMP 1.2)",
    "- loose",
  ];
  for (const line of malformed)
    assert.deepEqual(judged([line]), [`spec/cwmp.md:2: not a rule of CWMP: ${line}`]);
});
