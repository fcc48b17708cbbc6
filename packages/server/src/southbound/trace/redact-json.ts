import { isLoginName, isSecretName, REDACTED } from "./secret-names.ts";
import { replaceSpans } from "./spans.ts";
import type { Span } from "./spans.ts";

/** What is open at a place of the text. */
interface Level {
  /** The key in front of it; empty where there is none. */
  readonly key: string;
  /** The key of its member that is being read. */
  member: string;
  /** Whether it names a parameter that is a secret, in a member of its own. */
  namesSecret: boolean;
  /** Its members that hold a value whose name stands beside it. */
  readonly values: Span[];
}

export interface JsonHints {
  /** Whether values without names may be shown: it is known what they are. */
  readonly namesKnown: boolean;
}

/** Values in the order in which they were asked for, without their names. */
const VALUES_ALONE = "Values";
/** What is no secret, whatever it is called. */
const HARMLESS = /^(?:true|false|null)$/;

/**
 * Takes secrets out of a token, or of what was meant to be one: what stands under a name that is a secret's, beside one, or
 * without a name that is known. What does not end where it should is taken out to the end.
 */
export function redactJson(text: string, hints: JsonHints): string {
  const spans: Span[] = [];
  const levels: Level[] = [openLevel("")];
  const settle = (level: Level | undefined): void => {
    if (level?.namesSecret === true) spans.push(...level.values);
  };
  for (let at = 0; at < text.length;) {
    const level = levels.at(-1) ?? openLevel("");
    const char = text[at];
    if (char === "}" || char === "]") {
      if (levels.length > 1) settle(levels.pop());
      at += 1;
    } else if (char === ",") {
      level.member = "";
      at += 1;
    } else if (char === '"') {
      const end = endOfString(text, at);
      const said = readString(text.slice(at, end));
      const colon = afterSpace(text, end);
      if (text[colon] === ":") {
        level.member = said;
        const value = afterSpace(text, colon + 1);
        at = judgeMember(text, value, { level, hints, spans }) ?? value;
      } else {
        if (NAMING.test(level.member) && isSecretName(said)) level.namesSecret = true;
        at = end;
      }
    } else if (char === "{" || char === "[") {
      levels.push(openLevel(level.member));
      at += 1;
    } else at += 1;
  }
  for (const level of levels) settle(level);
  return replaceSpans(text, spans, `"${REDACTED}"`);
}

const NAMING = /name|path|parameter/i;
const VALUED = /^value$/i;

function openLevel(key: string): Level {
  return { key, member: "", namesSecret: false, values: [] };
}

interface Judging {
  readonly level: Level;
  readonly hints: JsonHints;
  readonly spans: Span[];
}

/** Where to read on behind a member's value that begins here; undefined where that is to be looked into. */
function judgeMember(text: string, at: number, { level, hints, spans }: Judging): number | undefined {
  const { key, member } = level;
  // Of parameters, which stand under their object's path, a name like any other.
  const isLogin = isLoginName(member) && !key.endsWith(".");
  const isAlone = member === VALUES_ALONE && text[at] === "[" && !hints.namesKnown;
  const isSecret = isSecretName(member) || isLogin || isAlone;
  if (!isSecret && !VALUED.test(member)) return undefined;
  const span = { from: at, to: endOfValue(text, at) };
  if (span.to === span.from || HARMLESS.test(text.slice(span.from, span.to))) return span.to;
  if (isSecret) {
    spans.push(span);
    return span.to;
  }
  level.values.push(span);
  return undefined;
}

function endOfValue(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return endOfString(text, at);
  if (first !== "{" && first !== "[") return endOfBare(text, at);
  let depth = 0;
  for (let here = at; here < text.length;) {
    const char = text[here];
    if (char === '"') {
      here = endOfString(text, here);
      continue;
    }
    if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") depth -= 1;
    here += 1;
    if (depth === 0) return here;
  }
  return text.length;
}

function endOfBare(text: string, at: number): number {
  let end = at;
  while (end < text.length && !/[\s,}\]]/.test(text.charAt(end))) end += 1;
  return end;
}

/** Behind its closing quote, or the end of the text. */
function endOfString(text: string, at: number): number {
  for (let here = at + 1; here < text.length; here += 1) {
    if (text[here] === "\\") here += 1;
    else if (text[here] === '"') return here + 1;
  }
  return text.length;
}

function afterSpace(text: string, at: number): number {
  let here = at;
  while (here < text.length && /\s/.test(text.charAt(here))) here += 1;
  return here;
}

/** What a reader of JSON makes of it: nobody hides a name by writing it otherwise. */
function readString(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replaceAll(/\\u([0-9a-f]{4})/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/\\(.)/gs, "$1");
}
