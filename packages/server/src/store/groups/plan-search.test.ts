import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExpression, printExpression } from "@heliograph/protocol";
import { planSearch } from "./plan-search.ts";

const NOW = 1_800_000_000_000;

interface Planned {
  readonly found?: string;
  readonly condition?: string;
  readonly rest?: string;
}

function plan(text: string): Planned {
  const read = parseExpression(text);
  assert.ok(read.ok, text);
  const { found, condition, rest } = planSearch(read.value, NOW);
  return {
    ...(found === undefined ? {} : { found: `${found.fact} ${found.value}` }),
    ...(condition === undefined ? {} : { condition: filled(condition.sql, condition.values) }),
    ...(rest === undefined ? {} : { rest: printExpression(rest) }),
  };
}

function filled(sql: string, values: Readonly<Record<string, string | number | null>>): string {
  return sql.replaceAll(/:(\w+)/g, (_, name: string) => JSON.stringify(values[name])).replaceAll(/\s+/g, " ");
}

const TAGGED = (tag: string): string =>
  `EXISTS (SELECT 1 FROM searched AS tagged WHERE tagged.fact = 'tag' AND tagged.value = "${tag}" AND tagged.device = devices.key)`;

const plans: readonly (readonly [text: string, planned: Planned])[] = [
  ['tag = "gold"', { found: "tag gold" }],
  ['tag = "gold" and serialNumber = "1"', { found: "serialNumber 1", condition: TAGGED("gold") }],
  ['tag in ("a", "b")', { condition: `(${TAGGED("a")} OR ${TAGGED("b")})` }],
  [
    'oui = "00D09E" and not approval = waiting',
    { found: "oui 00D09E", condition: 'NOT (devices.approval = "waiting")' },
  ],
  [
    'softwareVersion != "1" and has root',
    { condition: 'devices.software_version <> "1" AND devices.root IS NOT NULL' },
  ],
  ["lastInform < 1s ago", { condition: `devices.last_inform_at < ${NOW - 1_000}` }],
  ['softwareVersion < "2" and model = "A-B"', { found: "model A-B", rest: 'softwareVersion < "2"' }],
  ['tag = "a" or Device.X = 1', { rest: 'tag = "a" or Device.X = 1' }],
  [
    'not (tag = "a" or oui ~ "b*") and has tag',
    { condition: "devices.tags <> '[]'", rest: 'not (tag = "a" or oui ~ "b*")' },
  ],
  [
    "reachability = connected and transport = light",
    { rest: "reachability = connected and transport = light" },
  ],
];
for (const [text, planned] of plans) {
  test(`${text} is planned`, () => {
    assert.deepEqual(plan(text), planned);
  });
}
