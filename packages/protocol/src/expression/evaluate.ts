import { typedText } from "../model/compact.ts";
import { parseBoolean } from "../model/lexical.ts";
import type { CompactValue } from "../model/value.ts";
import { unreachable } from "../unreachable.ts";
import type { Expression, Literal, Operator, Subject } from "./expression.ts";
import { factOf, type FactName } from "./facts.ts";
import { glob } from "./glob.ts";
import { isInBlock, parseBlock } from "./network.ts";
import { parseMoment, parseNumber } from "./times.ts";
import { compareVersions } from "./version-order.ts";

/** What is known of one device at one moment. */
export interface KnownFacts {
  readonly now: number;
  /** A time is in milliseconds since 1970. Undefined where it is not known; a list is all there are. */
  fact(name: FactName): string | number | readonly string[] | undefined;
  /** The known values of the parameters that a path names, in which `*` is any instance; null for one without a value. */
  values(path: string): readonly CompactValue[];
  /** Whether anything is known of the object that a partial path names. */
  hasObject(path: string): boolean;
}

/** Undefined: it is not known. */
export type Answer = boolean | undefined;

/**
 * Whether the expression holds for a device. What is not known makes a comparison neither true nor false, and so its
 * negation; `and` is false where a term is, `or` true where a term is, whatever else is not known.
 */
export function evaluate(expression: Expression, known: KnownFacts): Answer {
  switch (expression.type) {
    case "and":
      return every(expression.terms, (term) => evaluate(term, known));
    case "or":
      return some(expression.terms, (term) => evaluate(term, known));
    case "not":
      return negated(evaluate(expression.term, known));
    case "has":
      return isKnown(expression.subject, known);
    case "compare": {
      const { subject, operator, value } = expression;
      return operator === "!="
        ? negated(compare(subject, { operator: "=", value }, known))
        : compare(subject, { operator, value }, known);
    }
    case "in":
      return some(expression.values, (value) => compare(expression.subject, { operator: "=", value }, known));
    default:
      return unreachable(expression);
  }
}

function isKnown(subject: Subject, known: KnownFacts): boolean {
  if (subject.type === "parameter") {
    return subject.path.endsWith(".") ? known.hasObject(subject.path) : known.values(subject.path).length > 0;
  }
  const value = known.fact(subject.name);
  return typeof value === "object" ? value.length > 0 : value !== undefined;
}

interface Test {
  readonly operator: Exclude<Operator, "!=">;
  readonly value: Literal;
}

/** Of several values one is enough. */
function compare(subject: Subject, test: Test, known: KnownFacts): Answer {
  if (subject.type === "parameter") {
    const values = known.values(subject.path);
    return values.length === 0 ? undefined : some(values, (value) => compareValue(value, test, known.now));
  }
  const value = known.fact(subject.name);
  if (value === undefined) return undefined;
  const values = typeof value === "object" ? value : [value];
  return some(values, (each) => compareFact(each, { subject: subject.name, ...test }, known.now));
}

function compareFact(
  value: string | number,
  { subject, operator, value: literal }: Test & { readonly subject: FactName },
  now: number,
): Answer {
  const { kind } = factOf(subject);
  if (typeof value === "number") return orderedBy(operator, value - momentOf(literal, now));
  const text = textOf(literal);
  switch (kind) {
    case "text":
    case "choice":
      return compareText(value, operator, text);
    case "version":
      return operator === "~" ? glob(text)(value) : orderedBy(operator, compareVersions(value, text));
    case "network": {
      const block = parseBlock(text);
      return block !== undefined && isInBlock(value, block);
    }
    case "time":
      return undefined;
    default:
      return unreachable(kind);
  }
}

/** By what it is compared with, whatever type the device gave it; undefined where it cannot be. */
function compareValue(value: CompactValue, { operator, value: literal }: Test, now: number): Answer {
  const text = typedText(value)?.text;
  if (text === undefined) return undefined;
  switch (literal.type) {
    case "text":
    case "word":
      return compareText(text, operator, textOf(literal));
    case "number": {
      const number = parseNumber(text.trim());
      return number === undefined ? undefined : orderedBy(operator, number - literal.number);
    }
    case "boolean": {
      const flag = parseBoolean(text);
      return flag === undefined ? undefined : flag === literal.flag;
    }
    case "moment":
    case "ago": {
      const at = parseMoment(text.trim());
      return at === undefined ? undefined : orderedBy(operator, at - momentOf(literal, now));
    }
    default:
      return unreachable(literal);
  }
}

function compareText(value: string, operator: Test["operator"], text: string): Answer {
  return operator === "~" ? glob(text)(value) : value === text;
}

function orderedBy(operator: Test["operator"], order: number): boolean {
  switch (operator) {
    case "=":
      return order === 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "~":
      return false;
    default:
      return unreachable(operator);
  }
}

function textOf(literal: Literal): string {
  if (literal.type === "text") return literal.text;
  return literal.type === "word" ? literal.word : "";
}

function momentOf(literal: Literal, now: number): number {
  if (literal.type === "moment") return literal.at;
  return literal.type === "ago" ? now - literal.seconds * 1_000 : Number.NaN;
}

function every<T>(terms: readonly T[], answer: (term: T) => Answer): Answer {
  return negated(some(terms, (term) => negated(answer(term))));
}

function some<T>(terms: readonly T[], answer: (term: T) => Answer): Answer {
  let isOpen = false;
  for (const term of terms) {
    const given = answer(term);
    if (given === true) return true;
    isOpen ||= given === undefined;
  }
  return isOpen ? undefined : false;
}

function negated(answer: Answer): Answer {
  return answer === undefined ? undefined : !answer;
}
