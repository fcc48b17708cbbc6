import { settingRows } from "@heliograph/server/settings";
import assert from "node:assert/strict";
import { test } from "node:test";
import { commands } from "./command-table.ts";
import { commandHelp } from "./help.ts";
import { recordedTerminal } from "./recorded-terminal.fixture.ts";
import { run } from "./run.ts";

for (const command of commands) {
  test(`the help of ${command.name} is complete`, async () => {
    const terminal = recordedTerminal();
    assert.equal(await run([...command.name.split(" "), "--help"], terminal), 0);
    const help = terminal.output();
    assert.match(help, new RegExp(`^heliograph ${command.name}: \\S`));
    assert.match(help, new RegExp(`^Usage: heliograph ${command.name} .*\\[flags\\]$`, "m"));
    assert.match(help, /^Exit codes:\n {2}0 {3}done$/m);
    assert.ok(command.examples.length > 0);
    for (const { line, shows } of command.examples) {
      assert.ok(help.includes(`  heliograph ${line}\n      ${shows}`), line);
      assert.ok(line.startsWith(command.name), line);
    }
    for (const { name, help: text } of [...command.arguments, ...command.flags]) {
      assert.ok(text.length > 0, name);
      assert.ok(help.includes(name), name);
    }
  });

  test(`the names of ${command.name}'s arguments and flags are all different`, () => {
    const names = [...command.arguments, ...command.flags].map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
}

test("the overview names every command with its summary", async () => {
  const terminal = recordedTerminal();
  assert.equal(await run(["--help"], terminal), 0);
  const words = terminal.output().replaceAll(/\s+/g, " ");
  for (const { name, summary } of commands) assert.ok(words.includes(`${name} ${summary}`), name);
});

test("`help <command>` says the same as `<command> --help`", async () => {
  const [first, second] = [recordedTerminal(), recordedTerminal()];
  await run(["help", "get"], first);
  await run(["get", "--help"], second);
  assert.equal(first.output(), second.output());
});

test("a group of commands has a help of its own", async () => {
  const terminal = recordedTerminal();
  assert.equal(await run(["tokens", "--help"], terminal), 0);
  assert.match(terminal.output(), /tokens create .*\n.*tokens revoke/);
});

test("serve has a flag for every setting, with its default", () => {
  const serve = commands.find(({ name }) => name === "serve");
  assert.ok(serve !== undefined);
  const words = commandHelp(serve, 100).replaceAll(/\s+/g, " ");
  for (const row of settingRows) {
    assert.ok(words.includes(`--${row.name} `), row.name);
    if ("default" in row) assert.ok(words.includes(`(default: ${row.default})`), row.name);
  }
});

test("help keeps to the width of the terminal where words allow it", () => {
  for (const command of commands) {
    const prose = commandHelp(command, 72).split("Examples:")[0] ?? "";
    for (const line of prose.split("\n").filter((text) => !/\||^Usage/.test(text))) {
      assert.ok(line.length <= 72 || !line.trim().includes(" "), line);
    }
  }
});
