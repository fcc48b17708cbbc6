import assert from "node:assert/strict";
import { test } from "node:test";
import { readIgnore } from "./context.ts";
import { commandOf, readDockerfile, variablesOf } from "./dockerfile.ts";

test("a Dockerfile is read stage by stage, lines that are joined as one", () => {
  const text =
    "# a comment\nFROM a AS build\nRUN one \\\n# between\n && two\n\nFROM b\nCOPY --from=build /x /y\n";
  assert.deepEqual(readDockerfile(text), [
    { from: "a", name: "build", instructions: [{ name: "RUN", value: "one  && two" }] },
    { from: "b", name: "", instructions: [{ name: "COPY", value: "--from=build /x /y" }] },
  ]);
  assert.throws(() => readDockerfile("RUN one"), /before the first FROM/);
});

test("a command is a list of words, or a line for a shell", () => {
  assert.deepEqual(commandOf('["node", "a b"]'), ["node", "a b"]);
  assert.deepEqual(commandOf("node a"), ["/bin/sh", "-c", "node a"]);
  assert.throws(() => commandOf('["node", 1]'), /no list of words/);
  assert.deepEqual(variablesOf('A=1 B="two words"'), { A: "1", B: "two words" });
});

test("of a context that keeps all back, what is named is sent, and nothing of it that is kept back again", () => {
  const isSent = readIgnore("*\n!package.json\n!packages\n**/node_modules\n");
  assert.ok(isSent("package.json") && isSent("packages") && isSent("packages/cli/src/main.ts"));
  assert.ok(!isSent(".git") && !isSent(".git/config") && !isSent("node_modules/ws/index.js"));
  assert.ok(!isSent("packages/cli/node_modules/ws/index.js"));
});
