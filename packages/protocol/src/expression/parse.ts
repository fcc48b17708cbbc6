import { accept, refuse, type Decoded } from "../decoded.ts";
import {
  expressionLimits,
  type Expression,
  type ExpressionLimits,
  type Literal,
  type Operator,
  type Subject,
} from "./expression.ts";
import { lex, placeOf, type Lexeme, type Sign } from "./lex.ts";
import { lexemeName } from "./lexeme-name.ts";
import { operatorsOf, readLiteral } from "./literals.ts";
import { readSubject } from "./subjects.ts";
import { parseDuration } from "./times.ts";

/** Reads an expression; where it is none, the problem says at which character, and what was expected there. */
export function parseExpression(
  text: string,
  limits: ExpressionLimits = expressionLimits,
): Decoded<Expression> {
  if (text.length > limits.maxChars) {
    return refuse(
      "over-limit",
      placeOf(limits.maxChars),
      `an expression has at most ${limits.maxChars} characters`,
    );
  }
  const lexemes = lex(text);
  if (!lexemes.ok) return lexemes;
  const reader = new Reader(lexemes.value, limits);
  const expression = reader.either();
  return expression.ok && reader.next.type !== "end" ? reader.expected("`and`, `or` or the end") : expression;
}

const COMPARISONS: readonly Operator[] = ["=", "!=", "<", "<=", ">", ">=", "~"];

/** Goes through the lexemes from left to right, and looks at one of them at a time. */
class Reader {
  readonly #lexemes: readonly Lexeme[];
  readonly #limits: ExpressionLimits;
  #index = 0;
  #depth = 0;
  #terms = 0;

  constructor(lexemes: readonly Lexeme[], limits: ExpressionLimits) {
    this.#lexemes = lexemes;
    this.#limits = limits;
  }

  get next(): Lexeme {
    return this.#lexemes[this.#index] ?? { type: "end", at: 0 };
  }

  either(): Decoded<Expression> {
    return this.#joined("or", () => this.#joined("and", () => this.#term()));
  }

  expected(what: string): Decoded<never> {
    return refuse("bad-field", placeOf(this.next.at), `expected ${what}, found ${lexemeName(this.next)}`);
  }

  #joined(word: "and" | "or", read: () => Decoded<Expression>): Decoded<Expression> {
    const first = read();
    if (!first.ok || !this.#isKeyword(word)) return first;
    const terms = [...flattened(word, first.value)];
    while (this.#skipKeyword(word)) {
      const term = read();
      if (!term.ok) return term;
      terms.push(...flattened(word, term.value));
    }
    return accept({ type: word, terms });
  }

  #term(): Decoded<Expression> {
    if (this.#skipKeyword("not")) {
      const term = this.#deeper(() => this.#term());
      return term.ok ? accept({ type: "not", term: term.value }) : term;
    }
    if (this.#skipSign("(")) {
      const inner = this.#deeper(() => this.either());
      if (!inner.ok) return inner;
      return this.#skipSign(")") ? inner : this.expected("`and`, `or` or `)`");
    }
    return this.#question();
  }

  #deeper(read: () => Decoded<Expression>): Decoded<Expression> {
    const { maxDepth } = this.#limits;
    if (this.#depth >= maxDepth) {
      return refuse(
        "over-limit",
        placeOf(this.next.at),
        `at most ${maxDepth} parentheses and \`not\` in one another`,
      );
    }
    this.#depth += 1;
    const inner = read();
    this.#depth -= 1;
    return inner;
  }

  #question(): Decoded<Expression> {
    const full = this.#countTerm();
    if (full !== undefined) return full;
    const isHas = this.#skipKeyword("has");
    const subject = readSubject(this.next, { mayBeObject: isHas });
    if (!subject.ok) return subject;
    this.#index += 1;
    if (isHas) return accept({ type: "has", subject: subject.value });
    if (this.#skipKeyword("in")) return this.#list(subject.value);
    return this.#comparison(subject.value);
  }

  #comparison(subject: Subject): Decoded<Expression> {
    const operators = operatorsOf(subject);
    const written = this.next.type === "sign" ? this.next.sign : undefined;
    const operator = COMPARISONS.find((each) => each === written);
    if (operator === undefined || !operators.includes(operator)) {
      const all = operators.includes("=") ? [...operators, "in"] : operators;
      return this.expected(`one of ${all.map((each) => `\`${each}\``).join(" ")}`);
    }
    this.#index += 1;
    const value = this.#literal(subject, operator);
    return value.ok ? accept({ type: "compare", subject, operator, value: value.value }) : value;
  }

  #list(subject: Subject): Decoded<Expression> {
    if (!operatorsOf(subject).includes("=")) return this.expected("a comparison by `<` or `>`");
    if (!this.#skipSign("(")) return this.expected("`(` and a list of values");
    const values: Literal[] = [];
    do {
      const full = this.#countTerm();
      if (full !== undefined) return full;
      const value = this.#literal(subject, "=");
      if (!value.ok) return value;
      values.push(value.value);
    } while (this.#skipSign(","));
    return this.#skipSign(")") ? accept({ type: "in", subject, values }) : this.expected("`,` or `)`");
  }

  #literal(subject: Subject, operator: Operator): Decoded<Literal> {
    const lexeme = this.next;
    const seconds = lexeme.type === "figure" ? parseDuration(lexeme.figure) : undefined;
    this.#index += 1;
    const isAgo = seconds !== undefined && this.#skipKeyword("ago");
    return readLiteral(isAgo ? { type: "ago", seconds, at: lexeme.at } : lexeme, { subject, operator });
  }

  #countTerm(): Decoded<never> | undefined {
    this.#terms += 1;
    if (this.#terms <= this.#limits.maxTerms) return undefined;
    return refuse(
      "over-limit",
      placeOf(this.next.at),
      `at most ${this.#limits.maxTerms} comparisons and values`,
    );
  }

  #isKeyword(word: string): boolean {
    return this.next.type === "name" && this.next.name.toLowerCase() === word;
  }

  #skipKeyword(word: string): boolean {
    if (!this.#isKeyword(word)) return false;
    this.#index += 1;
    return true;
  }

  #skipSign(sign: Sign): boolean {
    if (this.next.type !== "sign" || this.next.sign !== sign) return false;
    this.#index += 1;
    return true;
  }
}

function flattened(word: "and" | "or", term: Expression): readonly Expression[] {
  return term.type === word ? term.terms : [term];
}
