import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz, growsLinearly, seededRandom, type SeededRandom } from "@heliograph/testkit";
import { problems } from "../problems.ts";
import { dependenciesOf } from "./dependencies.ts";
import { evaluate, type KnownFacts } from "./evaluate.ts";
import type { Expression, Literal, Operator, Subject } from "./expression.ts";
import { factOf, facts, isFactName, type FactName } from "./facts.ts";
import { operatorsOf } from "./literals.ts";
import { parseExpression } from "./parse.ts";
import { printExpression } from "./print.ts";

const seeds = [
  'tag = "gold" and not (softwareVersion < 1.10 or reachability in (connected, wakeable))',
  "Device.WiFi.Radio.*.Channel != 6 and lastInform < 3d ago and has Device.WiFi.",
  String.raw`manufacturer ~ "a*\\*\"" or address in ('192.0.2.0/24', "::1") and Device.X = true`,
  "enrolled >= 2026-01-31T12:00:00+01:00 and Device.X.Y <= -1.5e3 and not not has tag",
];
const tokens = [
  ..." and | or | not |has | in (| ago|(|)|, |~ |!= |<= |'|\"|\\\\|tag|Device.|.*.|3d|1e9|2026-02-29".split(
    "|",
  ),
];

const device: KnownFacts = {
  now: 1_800_000_000_000,
  fact: (name) => (name === "tag" ? ["gold", "site-7"] : name === "softwareVersion" ? "1.9" : undefined),
  values: (path) => (path.includes("X") ? ["aaa", 5, true, null, ["2026-01-31T12:00:00Z", "dateTime"]] : []),
  hasObject: (path) => path.includes("WiFi"),
};

/** An expression or a declared problem; the first prints to what is read as itself, and has an answer. */
function judge(text: string): void {
  const read = parseExpression(text);
  if (!read.ok) {
    const { reason, at, detail } = read.problem;
    assert.ok(Object.hasOwn(problems, reason) && /^character \d+$/.test(at) && detail !== "");
    return;
  }
  assert.deepEqual(parseExpression(printExpression(read.value)), read);
  assert.ok([true, false, undefined].includes(evaluate(read.value, device)));
  dependenciesOf(read.value);
}

test("any text is an expression or has a declared problem", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 5_000 }));

test("the time for an expression grows no faster than its text", () => {
  growsLinearly({
    tokens,
    frames: [
      ["", ""],
      ["tag in (", ")"],
      ['tag ~ "', '"'],
    ],
    read: judge,
  });
});

test("every expression prints to what is read as itself", (t) => {
  const random = seededRandom((line) => {
    t.diagnostic(line);
  });
  for (let run = 0; run < 2_000; run += 1) {
    const expression = anExpression(random, 3);
    const read = parseExpression(printExpression(expression));
    assert.deepEqual(read, { ok: true, value: expression }, printExpression(expression));
  }
});

function anExpression(random: SeededRandom, depth: number): Expression {
  const type = one(random, depth === 0 ? leaves : [...leaves, ...joints]);
  switch (type) {
    case "and":
    case "or": {
      const terms = Array.from({ length: random.integer(2, 3) }, () => anExpression(random, depth - 1));
      // Terms of its own kind would be its own terms.
      return terms.some((term) => term.type === type)
        ? { type: "not", term: terms[0] ?? { type, terms } }
        : { type, terms };
    }
    case "not":
      return { type, term: anExpression(random, depth - 1) };
    case "has":
      return { type, subject: aSubject(random) };
    case "in": {
      const subject = aSubject(random);
      if (!operatorsOf(subject).includes("=")) return { type: "has", subject };
      return { type, subject, values: [aLiteral(random, subject, "="), aLiteral(random, subject, "=")] };
    }
    case "compare": {
      const subject = aSubject(random);
      const operator = one(random, operatorsOf(subject));
      return { type, subject, operator, value: aLiteral(random, subject, operator) };
    }
  }
}

const leaves = ["has", "compare", "compare", "in"] as const;
const joints = ["and", "or", "not"] as const;
const names = Object.keys(facts).filter(isFactName);

function aSubject(random: SeededRandom): Subject {
  const name: FactName = one(random, names);
  return random.fraction() < 0.7
    ? { type: "fact", name }
    : {
        type: "parameter",
        path: one(random, ["Device.X", "Device.WiFi.Radio.*.Channel", "Device.X_00D09E_Y.1.Z-1"]),
      };
}

function aLiteral(random: SeededRandom, subject: Subject, operator: Operator): Literal {
  const text = { type: "text", text: one(random, ["", "a b", "\"'\\", "1.10", "ü*\\*", "and"]) } as const;
  const ago = { type: "ago", seconds: random.integer(0, 1_000_000) } as const;
  const moment = { type: "moment", at: random.integer(0, 4_000_000_000) * 1_000 } as const;
  if (subject.type === "fact") {
    const fact = factOf(subject.name);
    if (fact.kind === "choice") return { type: "word", word: one(random, fact.choices) };
    if (fact.kind === "network") return { type: "text", text: "192.0.2.0/24" };
    return fact.kind === "time" ? one(random, [ago, moment]) : text;
  }
  const number = { type: "number", number: random.integer(-1_000, 1_000) / 8 } as const;
  if (operator === "~") return text;
  if (operator === "=" || operator === "!=")
    return one(random, [text, number, { type: "boolean", flag: true }]);
  return one(random, [number, ago, moment]);
}

function one<T>(random: SeededRandom, items: readonly T[]): T {
  const item = items[random.integer(0, items.length - 1)];
  if (item === undefined) throw new Error("there is nothing to choose from");
  return item;
}
