import { REDACTED } from "./secret-names.ts";

/** A part of a text, from one character to before another. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The text with other words in place of the spans, which may lie in any order, and in each other. */
export function replaceSpans(text: string, spans: readonly Span[], replacement = REDACTED): string {
  let shown = "";
  let at = 0;
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    if (from >= at) shown += text.slice(at, from) + replacement;
    at = Math.max(at, to);
  }
  return shown + text.slice(at);
}
