import {
  dependenciesOf,
  parseExpression,
  printSubject,
  untrustedSubjects,
  type Expression,
} from "@heliograph/protocol";
import { isSecret, mayRead, type Rights } from "../ports/index.ts";
import { refuse, refuseInput, type Refusal } from "./refusal.ts";

/** Reads an expression that stands `where`; the refusal says at which character it is none. */
export function readExpression(text: string, where: string): Expression | Refusal {
  const read = parseExpression(text);
  if (read.ok) return read.value;
  const { at, detail } = read.problem;
  return refuseInput("invalid-expression", [{ at: where, detail: `${at}: ${detail}` }]);
}

/** Why somebody may not ask: who is not shown a value could find it out by asking long enough [LIGHT 7]. */
export function hiddenFrom({ read, secrets }: Rights, expression: Expression): Refusal | undefined {
  const paths = [...dependenciesOf(expression).paths];
  const hidden = paths.find((path) => !mayRead(path, read) || (secrets === "hidden" && isSecret(path)));
  return hidden === undefined
    ? undefined
    : refuse("not-allowed", `you may not read ${hidden}, and so not ask for it`);
}

/** Why an expression is none for a group that goes by trusted facts only. */
export function untrusted(expression: Expression): Refusal | undefined {
  const subjects = [...new Set(untrustedSubjects(expression).map(printSubject))];
  if (subjects.length === 0) return undefined;
  const detail = `devices say so of themselves: ${subjects.join(", ")}; trusted are tag, approval, credentials, enrolledBy and enrolled`;
  return refuseInput("invalid-expression", [{ at: "expression", detail }]);
}
