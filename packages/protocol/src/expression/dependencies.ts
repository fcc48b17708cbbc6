import { unreachable } from "../unreachable.ts";
import type { Expression, Literal, Subject } from "./expression.ts";
import { factOf, type FactName } from "./facts.ts";

/** What the answer to an expression hangs on. */
export interface Dependencies {
  readonly facts: ReadonlySet<FactName>;
  /** Of parameters and objects, as they are written. */
  readonly paths: ReadonlySet<string>;
  /** The answer may change while nothing does but the time. */
  readonly usesClock: boolean;
}

export function dependenciesOf(expression: Expression): Dependencies {
  const leaves = leavesOf(expression);
  const facts = new Set(leaves.flatMap(({ subject }) => (subject.type === "fact" ? [subject.name] : [])));
  const paths = new Set(
    leaves.flatMap(({ subject }) => (subject.type === "parameter" ? [subject.path] : [])),
  );
  const usesClock = leaves.some(({ values }) => values.some(({ type }) => type === "ago"));
  return { facts, paths, usesClock };
}

/** What in an expression a device says of itself, in the order it stands there; empty where the ACS holds all of it. */
export function untrustedSubjects(expression: Expression): readonly Subject[] {
  return leavesOf(expression)
    .map(({ subject }) => subject)
    .filter((subject) => subject.type === "parameter" || factOf(subject.name).heldBy === "device");
}

interface Leaf {
  readonly subject: Subject;
  readonly values: readonly Literal[];
}

function leavesOf(expression: Expression): readonly Leaf[] {
  switch (expression.type) {
    case "and":
    case "or":
      return expression.terms.flatMap(leavesOf);
    case "not":
      return leavesOf(expression.term);
    case "has":
      return [{ subject: expression.subject, values: [] }];
    case "compare":
      return [{ subject: expression.subject, values: [expression.value] }];
    case "in":
      return [{ subject: expression.subject, values: expression.values }];
    default:
      return unreachable(expression);
  }
}
