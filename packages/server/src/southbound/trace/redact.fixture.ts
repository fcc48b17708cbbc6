import { redactHead } from "./redact-head.ts";
import { redactText } from "./redact-text.ts";

/** A word that must not be seen. */
export const SECRET = "hush-K3y/9";

export function shown(text: string, namesKnown = false): string {
  return redactText(text, { namesKnown });
}

export function shownHead(line: string, headers: Readonly<Record<string, string>> = {}): string {
  return redactHead({ line, headers: Object.entries(headers) });
}
