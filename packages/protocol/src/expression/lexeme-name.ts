import { unreachable } from "../unreachable.ts";
import type { Lexeme } from "./lex.ts";

const MAX_CHARS = 48;

/** What a person is told was found. */
export function lexemeName(lexeme: Lexeme): string {
  switch (lexeme.type) {
    case "end":
      return "the end";
    case "sign":
      return `\`${lexeme.sign}\``;
    case "text":
      return "a text";
    case "name":
      return `\`${shortened(lexeme.name)}\``;
    case "figure":
      return `\`${shortened(lexeme.figure)}\``;
    default:
      return unreachable(lexeme);
  }
}

export function shortened(word: string): string {
  return word.length > MAX_CHARS ? `${word.slice(0, MAX_CHARS)}…` : word;
}
