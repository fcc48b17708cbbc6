import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "./command-error.ts";
import { entriesOf, parseAssignments, readValue } from "./parameter-value.ts";

test("a value is what it looks like: boolean, integer, or a string", () => {
  assert.deepEqual(
    parseAssignments([
      "A.On=true",
      "A.Off=false",
      "A.Zero=0",
      "A.Less=-12",
      "A.Most=4294967295",
      "A.Name=x y",
    ]),
    { "A.": { On: true, Off: false, Zero: 0, Less: -12, Most: 4_294_967_295, Name: "x y" } },
  );
});

test("what only resembles a number or a boolean stays a string", () => {
  assert.deepEqual(
    parseAssignments(["A.Pin=0042", "A.Plus=+5", "A.Half=0.5", "A.Yes=True", "A.Empty=", "A.Minus=-0"]),
    { "A.": { Pin: "0042", Plus: "+5", Half: "0.5", Yes: "True", Empty: "", Minus: "-0" } },
  );
});

test("a type said outright counts", () => {
  assert.deepEqual(
    parseAssignments(["A.B:int=5", "A.Pin:string=1234", "A.T:dateTime=2026-01-31T00:00:00Z"]),
    {
      "A.": { B: ["5", "int"], Pin: "1234", T: ["2026-01-31T00:00:00Z", "dateTime"] },
    },
  );
});

test("everything behind the first equals sign is the value, colons, signs and line ends too", () => {
  assert.deepEqual(parseAssignments(["A.Url=http://x/?a=b:c", "A.Lines=one\ntwo"]), {
    "A.": { Url: "http://x/?a=b:c", Lines: "one\ntwo" },
  });
});

test("values are grouped by object, and names such as __proto__ are data", () => {
  const values = parseAssignments(["A.B.C=1", "A.D=2", "A.B.E=3", "A.B.__proto__=4"]);
  assert.deepEqual(Object.keys(values), ["A.B.", "A."]);
  assert.deepEqual(Object.entries(values["A.B."] ?? {}), [
    ["C", 1],
    ["E", 3],
    ["__proto__", 4],
  ]);
});

const refused: readonly (readonly [why: string, words: readonly string[], says: RegExp])[] = [
  ["without a value", ["A.B"], /"A.B" is not path=value/],
  ["without a path", ["=5"], /is not path=value/],
  ["of an unknown type", ["A.B:integer=5"], /no type of CWMP; there are string, int,/],
  ["that stands twice", ["A.B=1", "A.B=2"], /A.B stands twice/],
  ["that does not fit into 32 bits", ["A.B=4294967296"], /write A.B:unsignedLong=4294967296/],
];
for (const [why, words, says] of refused) {
  test(`an assignment ${why} is refused`, () => {
    assert.throws(
      () => parseAssignments(words),
      (error) => error instanceof UsageError && says.test(error.message),
    );
  });
}

test("a value reads as a person would write it", () => {
  assert.deepEqual(["x", "", true, 5, null].map(readValue), [
    { text: "x" },
    { text: '""' },
    { text: "true" },
    { text: "5" },
    { text: "(no value)" },
  ]);
  assert.deepEqual(readValue(["-5", "int"]), { text: "-5", type: "int" });
});

test("a grouped list gives every path with its value, anything else nothing", () => {
  assert.deepEqual(entriesOf({ "A.": { B: 1, "": false } }), [
    ["A.B", 1],
    ["A.", false],
  ]);
  assert.deepEqual(entriesOf([{ B: 1 }]), []);
  assert.deepEqual(entriesOf(undefined), []);
});
