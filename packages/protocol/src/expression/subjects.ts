import { accept, refuse, type Decoded } from "../decoded.ts";
import { MAX_PATH_CHARS } from "../model/path.ts";
import type { Subject } from "./expression.ts";
import { facts, isFactName } from "./facts.ts";
import { placeOf, type Lexeme } from "./lex.ts";
import { lexemeName, shortened } from "./lexeme-name.ts";
import { nearest } from "./nearest.ts";

/** Each of them may be any instance, and together they may be many. */
const MAX_STARS = 4;
const PATH = /^[A-Za-z_][\w-]*(?:\.(?:[A-Za-z_][\w-]*|[1-9]\d*|\*))*\.?$/;
const KEYWORDS: ReadonlySet<string> = new Set(["and", "or", "not", "in", "has", "ago", "true", "false"]);

/** Reads the name of a fact or the path of a parameter; of an object only where that is asked for. */
export function readSubject(
  lexeme: Lexeme,
  { mayBeObject }: { readonly mayBeObject: boolean },
): Decoded<Subject> {
  const at = placeOf(lexeme.at);
  if (lexeme.type !== "name" || KEYWORDS.has(lexeme.name.toLowerCase())) {
    return refuse("bad-field", at, `expected a fact or the path of a parameter, found ${lexemeName(lexeme)}`);
  }
  const { name } = lexeme;
  if (isFactName(name)) return accept({ type: "fact", name });
  if (!name.includes(".")) return refuse("bad-field", at, unknownFact(name));
  const wrong = pathProblem(name, mayBeObject);
  return wrong === undefined ? accept({ type: "parameter", path: name }) : refuse("bad-field", at, wrong);
}

function pathProblem(path: string, mayBeObject: boolean): string | undefined {
  if (path.length > MAX_PATH_CHARS) return `a path has at most ${MAX_PATH_CHARS} characters`;
  if (!PATH.test(path))
    return `\`${shortened(path)}\` is no path: names, instance numbers and \`*\`, with dots between`;
  if (path.split(".").filter((segment) => segment === "*").length > MAX_STARS) {
    return `a path has at most ${MAX_STARS} stars`;
  }
  if (!path.endsWith(".")) return undefined;
  if (!mayBeObject)
    return `\`${shortened(path)}\` is an object: \`has ${shortened(path)}\` asks whether there is one`;
  return path.indexOf(".") === path.length - 1 ? "every device has a root: `root` says which" : undefined;
}

function unknownFact(name: string): string {
  const meant = nearest(name, Object.keys(facts));
  const hint = meant === undefined ? `there are ${Object.keys(facts).join(", ")}` : `is \`${meant}\` meant?`;
  return `there is no fact \`${shortened(name)}\`: ${hint}; a parameter is named by its whole path`;
}
