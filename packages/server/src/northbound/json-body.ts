import { refuse, type Refusal } from "./refusal.ts";

/** Reads a body; names such as `__proto__` are data like any other. Nothing at all is no body. */
export function parseBody(text: string, maxDepth: number): { readonly body: unknown } | Refusal {
  if (text.trim() === "") return { body: undefined };
  if (isDeeperThan(text, maxDepth)) {
    return refuse("not-json", `the body nests deeper than ${maxDepth} levels: send a flatter one`);
  }
  try {
    return { body: JSON.parse(text) };
  } catch (error) {
    return refuse(
      "not-json",
      `the body is not JSON: ${error instanceof Error ? error.message : "unreadable"}`,
    );
  }
}

const QUOTE = 0x22;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Counted before it is read: what is nested deeply costs whoever walks it. */
function isDeeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (inString) {
      if (character === BACKSLASH) at++;
      else if (character === QUOTE) inString = false;
    } else if (character === QUOTE) inString = true;
    else if (character === OPEN_OBJECT || character === OPEN_LIST) {
      if (++depth > maxDepth) return true;
    } else if (character === CLOSE_OBJECT || character === CLOSE_LIST) depth--;
  }
  return false;
}
