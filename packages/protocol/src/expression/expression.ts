import type { FactName } from "./facts.ts";

/**
 * A question about one device. `and` and `or` have at least two terms, and none of their own kind among them: what can be
 * written in one way only stands here in one way only.
 */
export type Expression =
  | { readonly type: "and" | "or"; readonly terms: readonly Expression[] }
  | { readonly type: "not"; readonly term: Expression }
  | { readonly type: "has"; readonly subject: Subject }
  | Comparison
  | { readonly type: "in"; readonly subject: Subject; readonly values: readonly Literal[] };

export interface Comparison {
  readonly type: "compare";
  readonly subject: Subject;
  readonly operator: Operator;
  readonly value: Literal;
}

/** What is asked for: a fact by its name, or a parameter by its path, in which `*` is any instance. */
export type Subject =
  { readonly type: "fact"; readonly name: FactName } | { readonly type: "parameter"; readonly path: string };

export type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~";

export type Literal =
  | { readonly type: "text"; readonly text: string }
  /** One of the choices that a fact has. */
  | { readonly type: "word"; readonly word: string }
  | { readonly type: "number"; readonly number: number }
  | { readonly type: "boolean"; readonly flag: boolean }
  /** Milliseconds since 1970. */
  | { readonly type: "moment"; readonly at: number }
  | { readonly type: "ago"; readonly seconds: number };

/** Bounds a reader of expressions keeps to, whatever the input. */
export interface ExpressionLimits {
  readonly maxChars: number;
  /** Parentheses and `not` in one another. */
  readonly maxDepth: number;
  /** Comparisons, and values of lists. */
  readonly maxTerms: number;
}

export const expressionLimits: ExpressionLimits = { maxChars: 4_096, maxDepth: 32, maxTerms: 256 };
