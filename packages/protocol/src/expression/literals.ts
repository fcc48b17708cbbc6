import { accept, refuse, type Decoded } from "../decoded.ts";
import { unreachable } from "../unreachable.ts";
import type { Literal, Operator, Subject } from "./expression.ts";
import { factOf, type FactKind } from "./facts.ts";
import { placeOf, type Lexeme } from "./lex.ts";
import { lexemeName, shortened } from "./lexeme-name.ts";
import { nearest } from "./nearest.ts";
import { parseBlock } from "./network.ts";
import { parseFigure } from "./times.ts";

/** A lexeme that may stand for a value, or a duration with the word that makes it one. */
export type ValueLexeme = Lexeme | { readonly type: "ago"; readonly seconds: number; readonly at: number };

export interface Place {
  readonly subject: Subject;
  readonly operator: Operator;
}

const ORDER: readonly Operator[] = ["<", "<=", ">", ">="];

/** How a subject may be compared; where by `=`, there may be a list, too. */
export function operatorsOf(subject: Subject): readonly Operator[] {
  if (subject.type === "parameter") return ["=", "!=", ...ORDER, "~"];
  const { kind } = factOf(subject.name);
  switch (kind) {
    case "text":
      return ["=", "!=", "~"];
    case "version":
      return ["=", "!=", ...ORDER, "~"];
    case "choice":
    case "network":
      return ["=", "!="];
    case "time":
      return ORDER;
    default:
      return unreachable(kind);
  }
}

export function readLiteral(lexeme: ValueLexeme, place: Place): Decoded<Literal> {
  const { subject, operator } = place;
  if (subject.type === "parameter") return readParameterValue(lexeme, operator);
  const fact = factOf(subject.name);
  switch (fact.kind) {
    case "text":
    case "version":
      return readText(lexeme);
    case "choice":
      return readChoice(lexeme, fact);
    case "network":
      return readNetwork(lexeme);
    case "time":
      return readTime(lexeme);
    default:
      return unreachable(fact);
  }
}

/** A number of a version may stand without quotes. */
function readText(lexeme: ValueLexeme): Decoded<Literal> {
  if (lexeme.type === "text") return accept({ type: "text", text: lexeme.text });
  if (lexeme.type === "figure") return accept({ type: "text", text: lexeme.figure });
  return expected("a text in quotes", lexeme);
}

function readChoice(
  lexeme: ValueLexeme,
  { choices }: Extract<FactKind, { kind: "choice" }>,
): Decoded<Literal> {
  const written = lexeme.type === "name" ? lexeme.name : lexeme.type === "text" ? lexeme.text : undefined;
  const word = choices.find((choice) => choice === written);
  if (word !== undefined) return accept({ type: "word", word });
  const meant = written === undefined ? undefined : nearest(written, choices);
  const hint = meant === undefined ? "" : `; is \`${meant}\` meant?`;
  return expected(`one of ${choices.map((choice) => `\`${choice}\``).join(", ")}`, lexeme, hint);
}

function readNetwork(lexeme: ValueLexeme): Decoded<Literal> {
  const isOne = lexeme.type === "text" && parseBlock(lexeme.text) !== undefined;
  return isOne
    ? accept({ type: "text", text: lexeme.text })
    : expected('an address or a network in quotes, such as "192.0.2.0/24"', lexeme);
}

function readTime(lexeme: ValueLexeme): Decoded<Literal> {
  if (lexeme.type === "ago") return accept({ type: "ago", seconds: lexeme.seconds });
  const literal = lexeme.type === "figure" ? parseFigure(lexeme.figure) : undefined;
  return literal?.type === "moment"
    ? accept(literal)
    : expected("a time: `3d ago`, `12h ago`, `2026-01-31` or `2026-01-31T12:00:00Z`", lexeme);
}

/** Of a parameter it is the value that says how it is compared. */
function readParameterValue(lexeme: ValueLexeme, operator: Operator): Decoded<Literal> {
  if (operator === "~") {
    return lexeme.type === "text"
      ? accept({ type: "text", text: lexeme.text })
      : expected("a text in quotes", lexeme);
  }
  const figure = lexeme.type === "figure" ? parseFigure(lexeme.figure) : undefined;
  if (ORDER.includes(operator)) {
    if (lexeme.type === "ago") return accept({ type: "ago", seconds: lexeme.seconds });
    return figure === undefined ? expected("a number or a time such as `3d ago`", lexeme) : accept(figure);
  }
  if (lexeme.type === "text") return accept({ type: "text", text: lexeme.text });
  if (figure?.type === "number") return accept(figure);
  const word = lexeme.type === "name" ? lexeme.name.toLowerCase() : "";
  if (word === "true" || word === "false") return accept({ type: "boolean", flag: word === "true" });
  return expected("a text in quotes, a number, `true` or `false`", lexeme);
}

function expected(what: string, lexeme: ValueLexeme, hint = ""): Decoded<never> {
  const found = lexeme.type === "ago" ? "a time" : lexemeName(lexeme);
  const quoted =
    lexeme.type === "name" && what.includes("text in quotes") ? `: "${shortened(lexeme.name)}"?` : hint;
  return refuse("bad-field", placeOf(lexeme.at), `expected ${what}, found ${found}${quoted}`);
}
