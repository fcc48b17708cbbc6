import { unreachable } from "../unreachable.ts";
import type { Expression, Literal, Subject } from "./expression.ts";
import { printDuration, printMoment } from "./times.ts";

/** The one way to write an expression: read again it is the same. */
export function printExpression(expression: Expression): string {
  switch (expression.type) {
    case "and":
      return expression.terms.map((term) => within(term, ["or"])).join(" and ");
    case "or":
      return expression.terms.map(printExpression).join(" or ");
    case "not":
      return `not ${within(expression.term, ["or", "and"])}`;
    case "has":
      return `has ${printSubject(expression.subject)}`;
    case "compare": {
      const { subject, operator, value } = expression;
      return `${printSubject(subject)} ${operator} ${printLiteral(value)}`;
    }
    case "in":
      return `${printSubject(expression.subject)} in (${expression.values.map(printLiteral).join(", ")})`;
    default:
      return unreachable(expression);
  }
}

export function printSubject(subject: Subject): string {
  return subject.type === "fact" ? subject.name : subject.path;
}

/** In parentheses where it would otherwise be read apart. */
function within(term: Expression, looser: readonly Expression["type"][]): string {
  const printed = printExpression(term);
  return looser.includes(term.type) ? `(${printed})` : printed;
}

function printLiteral(literal: Literal): string {
  switch (literal.type) {
    case "text":
      return `"${literal.text.replaceAll(/["\\]/g, "\\$&")}"`;
    case "word":
      return literal.word;
    case "number":
      return String(literal.number);
    case "boolean":
      return String(literal.flag);
    case "moment":
      return printMoment(literal.at);
    case "ago":
      return `${printDuration(literal.seconds)} ago`;
    default:
      return unreachable(literal);
  }
}
