import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExpression } from "./parse.ts";
import { printExpression } from "./print.ts";

/** What is written, and how it is printed. */
const sound: readonly (readonly [written: string, printed: string])[] = [
  ['tag="gold"', 'tag = "gold"'],
  ["tag = 'gold'", 'tag = "gold"'],
  [`tag = 'say "hi"'`, String.raw`tag = "say \"hi\""`],
  ["softwareVersion < 1.10", 'softwareVersion < "1.10"'],
  ["serialNumber = 0042", 'serialNumber = "0042"'],
  ["reachability = 'connected'", "reachability = connected"],
  ["lastInform < 72h ago", "lastInform < 3d ago"],
  ["lastInform < 90m ago", "lastInform < 90m ago"],
  ["enrolled >= 2026-01-31T00:00:00Z", "enrolled >= 2026-01-31"],
  ["enrolled >= 2026-01-31T12:00:00+01:00", "enrolled >= 2026-01-31T11:00:00Z"],
  ['address in ("192.0.2.0/24", "2001:db8::/32")', 'address in ("192.0.2.0/24", "2001:db8::/32")'],
  ["Device.WiFi.Radio.*.Channel = 006", "Device.WiFi.Radio.*.Channel = 6"],
  ["Device.X = TRUE", "Device.X = true"],
  ["Device.X = -1.50", "Device.X = -1.5"],
  ["has Device.WiFi.", "has Device.WiFi."],
  ["HAS tag AND NOT approval=waiting", "has tag and not approval = waiting"],
  ["(has tag and (has root)) and has oui", "has tag and has root and has oui"],
  ["has tag or has root and has oui", "has tag or has root and has oui"],
  ["(has tag or has root) and has oui", "(has tag or has root) and has oui"],
  ["not (has tag)", "not has tag"],
  ["not (has tag and has oui)", "not (has tag and has oui)"],
  ["not not has tag", "not not has tag"],
];
for (const [written, printed] of sound) {
  test(`${written} is read, and printed as ${printed}`, () => {
    const read = parseExpression(written);
    assert.ok(read.ok, JSON.stringify(read));
    assert.equal(printExpression(read.value), printed);
    assert.deepEqual(parseExpression(printed), read);
  });
}

/** What is wrong, where it is, and what is said. */
const wrong: readonly (readonly [written: string, at: number, says: RegExp])[] = [
  ["", 1, /^expected a fact or the path of a parameter, found the end$/],
  ["tag", 4, /^expected one of `=` `!=` `~` `in`, found the end$/],
  ["tag = gold", 7, /^expected a text in quotes, found `gold`: "gold"\?$/],
  ['tag = "gold', 7, /^the text that begins here has no end: "$/],
  ['tag = "a\\n"', 9, /^a backslash stands before a quote or another backslash$/],
  ['tag = "a" tag = "b"', 11, /^expected `and`, `or` or the end, found `tag`$/],
  ['softwareversion = "1"', 1, /is `softwareVersion` meant\?/],
  ["lastinfrom < 3d ago", 1, /is `lastInform` meant\?/],
  ["colour = 'red'", 1, /^there is no fact `colour`: there are key, manufacturer,/],
  ["reachability = conected", 16, /^expected one of `connected`, .*is `connected` meant\?$/],
  ["lastInform = 3d ago", 12, /^expected one of `<` `<=` `>` `>=`, found `=`$/],
  ["lastInform < 3d", 14, /^expected a time: `3d ago`/],
  ["lastInform in (3d ago)", 15, /^expected a comparison by `<` or `>`/],
  ["enrolled > 2026-02-30", 12, /^expected a time/],
  ['address = "192.0.2.300"', 11, /^expected an address or a network in quotes/],
  ["Device.X < 'a'", 12, /^expected a number or a time/],
  ["Device.X = 1e999", 12, /^expected a text in quotes, a number, `true` or `false`/],
  ["Device.WiFi. = 1", 1, /is an object: `has Device.WiFi.` asks whether there is one$/],
  ["has Device.", 1 + 4, /^every device has a root/],
  ["Device..X = 1", 1, /is no path/],
  ["Device.*.*.*.*.*.X = 1", 1, /at most 4 stars/],
  ["(has tag", 9, /^expected `and`, `or` or `\)`, found the end$/],
  ["has tag)", 8, /^expected `and`, `or` or the end, found `\)`$/],
  ["tag in ()", 9, /^expected a text in quotes, found `\)`$/],
  ['tag in ("a" "b")', 13, /^expected `,` or `\)`, found a text$/],
  ["tag = \u0001", 7, /has no meaning here/],
];
for (const [written, at, says] of wrong) {
  test(`${JSON.stringify(written)} is refused at character ${at}`, () => {
    const read = parseExpression(written);
    assert.ok(!read.ok);
    assert.equal(read.problem.reason, "bad-field");
    assert.equal(read.problem.at, `character ${at}`);
    assert.match(read.problem.detail, says);
  });
}

const small = { maxChars: 40, maxDepth: 2, maxTerms: 3 };
const within: readonly string[] = ["((has tag))", "has tag or has oui or has root", "tag in ('a', 'b')"];
const beyond: readonly string[] = [
  "(((has tag)))",
  "not not not has tag",
  "has tag or has oui or has root or has key",
  "tag in ('a', 'b', 'c')",
  `${" ".repeat(40)}has tag`,
];
test("an expression may be as long, deep and wide as the limits say, and no more", () => {
  for (const text of within) assert.ok(parseExpression(text, small).ok, text);
  for (const text of beyond) {
    const read = parseExpression(text, small);
    assert.equal(read.ok ? "read" : read.problem.reason, "over-limit", text);
  }
});
