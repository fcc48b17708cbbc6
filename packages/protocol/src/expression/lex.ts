import { accept, refuse, type Decoded } from "../decoded.ts";

/** One word of an expression, with the place where it begins. */
export type Lexeme =
  | { readonly type: "sign"; readonly sign: Sign; readonly at: number }
  | { readonly type: "text"; readonly text: string; readonly at: number }
  /** A name, a path, or a keyword. */
  | { readonly type: "name"; readonly name: string; readonly at: number }
  /** What begins like a number: a number, a duration or a date. */
  | { readonly type: "figure"; readonly figure: string; readonly at: number }
  | { readonly type: "end"; readonly at: number };

const signs = ["!=", "<=", ">=", "=", "<", ">", "~", "(", ")", ","] as const;
export type Sign = (typeof signs)[number];

const SPACE = /[ \t\r\n]*/y;
const NAME = /[A-Za-z_][\w.*-]*/y;
const FIGURE = /[+-]?[0-9][\w.:+-]*/y;
const PLAIN = /[^"'\\\p{Cc}]*/uy;

/** Takes an expression apart; the last lexeme is its end. */
export function lex(text: string): Decoded<readonly Lexeme[]> {
  const lexemes: Lexeme[] = [];
  let at = match(SPACE, text, 0).length;
  while (at < text.length) {
    const lexeme = quoteAt(text, at) ? readText(text, at) : accept(readWord(text, at));
    if (!lexeme.ok) return lexeme;
    if (lexeme.value === undefined) {
      return refuse(
        "bad-field",
        placeOf(at),
        `${shown(text, at)} has no meaning here: texts stand in quotes`,
      );
    }
    lexemes.push(lexeme.value.lexeme);
    at = lexeme.value.end + match(SPACE, text, lexeme.value.end).length;
  }
  return accept([...lexemes, { type: "end", at: text.length }]);
}

/** A place as a person counts. */
export function placeOf(at: number): string {
  return `character ${at + 1}`;
}

interface Read {
  readonly lexeme: Lexeme;
  readonly end: number;
}

function readWord(text: string, at: number): Read | undefined {
  const sign = signs.find((each) => text.startsWith(each, at));
  if (sign !== undefined) return { lexeme: { type: "sign", sign, at }, end: at + sign.length };
  const name = match(NAME, text, at);
  if (name !== "") return { lexeme: { type: "name", name, at }, end: at + name.length };
  const figure = match(FIGURE, text, at);
  return figure === "" ? undefined : { lexeme: { type: "figure", figure, at }, end: at + figure.length };
}

/** A text in quotes of either kind; in it a backslash makes the next quote or backslash a character like any other. */
function readText(text: string, start: number): Decoded<Read> {
  const quote = text.charAt(start);
  let read = "";
  let at = start + 1;
  for (;;) {
    const plain = match(PLAIN, text, at);
    read += plain;
    at += plain.length;
    const next = text.charAt(at);
    if (next === quote) return accept({ lexeme: { type: "text", text: read, at: start }, end: at + 1 });
    if (next === "")
      return refuse("bad-field", placeOf(start), `the text that begins here has no end: ${quote}`);
    if (next === "\\") {
      const escaped = text.charAt(at + 1);
      if (!/^["'\\]$/.test(escaped)) {
        return refuse("bad-field", placeOf(at), "a backslash stands before a quote or another backslash");
      }
      read += escaped;
      at += 2;
    } else if (next === '"' || next === "'") {
      read += next;
      at += 1;
    } else {
      return refuse("bad-field", placeOf(at), "a text has no control characters");
    }
  }
}

function quoteAt(text: string, at: number): boolean {
  return text.startsWith('"', at) || text.startsWith("'", at);
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

function shown(text: string, at: number): string {
  return JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0));
}
