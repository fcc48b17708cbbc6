import type { NewTracedMessage, SeenBody, SeenHead, SeenMessage } from "../../ports/index.ts";
import { redactHead } from "./redact-head.ts";
import { redactNamed, redactText } from "./redact-text.ts";
import { redactUrls } from "./redact-url.ts";

/** Characters that are kept. */
export interface SeenBounds {
  readonly maxHeadChars: number;
  readonly maxBodyChars: number;
}

/** A message as it is kept. Cut first, so that nobody is served later for a message that is long; what the cut leaves open counts as secret to its end. */
export function redactSeen(
  { head, body, note, ...facts }: SeenMessage,
  bounds: SeenBounds,
): NewTracedMessage {
  return {
    ...facts,
    ...(note === undefined ? {} : { note: redactNamed(redactUrls(note)) }),
    ...(head === undefined ? {} : { head: redactHead(shortened(head, bounds.maxHeadChars)) }),
    ...redactBody(body, bounds.maxBodyChars),
  };
}

function shortened({ line, headers }: SeenHead, maxChars: number) {
  const share = Math.floor(maxChars / 4);
  let left = maxChars - Math.min(line.length, share);
  const kept: (readonly [string, string])[] = [];
  for (const [name, value] of headers) {
    if (left <= 0) break;
    kept.push([name.slice(0, share), value.slice(0, left)]);
    left -= name.length + value.length;
  }
  return { line: line.slice(0, share), headers: kept };
}

function redactBody(body: SeenBody | undefined, maxChars: number) {
  if (body === undefined) return { bytes: 0 };
  const { text, bytes, namesKnown = false } = body;
  const isCut = text.length > maxChars;
  const shown = redactText(isCut ? text.slice(0, maxChars) : text, { namesKnown });
  return { ...(text === "" ? {} : { text: shown }), bytes, ...(isCut ? { cut: true as const } : {}) };
}
