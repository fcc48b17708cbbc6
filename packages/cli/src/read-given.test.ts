import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "./command-error.ts";
import { command } from "./command.ts";
import { readGiven } from "./read-given.ts";

const example = command({
  name: "example",
  section: "Devices",
  summary: "",
  arguments: [
    { name: "device", help: "" },
    { name: "path", help: "", takes: "any" },
  ],
  flags: [
    { name: "wait", value: "seconds", default: "30", help: "" },
    { name: "json", help: "" },
  ],
  examples: [],
  run: async () => 0,
});

test("flags and arguments may stand in any order", () => {
  for (const line of [
    "SN1 A. B. --wait 5 --json",
    "--json SN1 --wait=5 A. B.",
    "--wait 5 SN1 --json A. B.",
  ]) {
    const given = readGiven(example, line.split(" "));
    assert.equal(given.one("device"), "SN1");
    assert.deepEqual(given.list("path"), ["A.", "B."]);
    assert.equal(given.number("wait"), 5);
    assert.equal(given.isOn("json"), true);
  }
});

test("what is left out has its default, or is not there", () => {
  const given = readGiven(example, ["SN1"]);
  assert.equal(given.text("wait"), "30");
  assert.equal(given.isOn("json"), false);
  assert.deepEqual(given.list("path"), []);
  assert.deepEqual(given.written(), {});
});

test("an argument that a flag stands for is left out where the flag is written", () => {
  const either = {
    ...example,
    arguments: [
      { name: "device", help: "", unless: "model" },
      { name: "path", help: "", takes: "at-least-one" },
    ],
    flags: [{ name: "model", value: "model", help: "" }],
  } as const;
  assert.deepEqual(readGiven(either, ["SN1", "A."]).list("path"), ["A."]);
  const given = readGiven(either, ["A.", "--model", "M"]);
  assert.deepEqual([given.text("device"), given.list("path")], [undefined, ["A."]]);
  assert.throws(() => readGiven(either, ["A."]), UsageError);
});

test("behind two dashes everything is an argument", () => {
  assert.deepEqual(readGiven(example, ["--", "SN1", "--json"]).list("path"), ["--json"]);
});

const refused: readonly (readonly [line: string, says: RegExp])[] = [
  ["", /<device> is missing/],
  ["SN1 --weight 5", /no flag --weight/],
  ["SN1 -w", /no flag -w/],
  ["SN1 --wait", /--wait needs a value: --wait seconds/],
  ["SN1 --wait --json", /--wait needs a value/],
  ["SN1 --json=yes", /--json is a switch/],
];
for (const [line, says] of refused) {
  test(`"${line}" is refused`, () => {
    assert.throws(
      () => readGiven(example, line.split(" ").filter(Boolean)),
      (error) => error instanceof UsageError && says.test(error.message),
    );
  });
}

test("a number that is none, negative or without end is refused", () => {
  for (const text of ["soon", "-5", "1e9", "Infinity", ""]) {
    const given = readGiven(example, ["SN1", `--wait=${text}`]);
    assert.throws(() => given.number("wait"), /--wait must be a number/);
  }
});

test("one word too many is refused where no argument takes it", () => {
  const narrow = command({ ...example, arguments: [{ name: "device", help: "" }] });
  assert.throws(() => readGiven(narrow, ["SN1", "SN2"]), /"SN2" is one argument too many/);
});
