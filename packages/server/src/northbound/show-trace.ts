import type { Trace, TracedMessage } from "@heliograph/api";
import type { TracedMessage as KeptMessage, TraceState } from "../ports/index.ts";
import { showTime } from "./show-time.ts";

export function showTrace(state: TraceState, now: number): Trace {
  const { device, since, until, by, firstId, lastId, bytes } = state;
  const messages = lastId - firstId + 1;
  return {
    device,
    on: until > now,
    since: showTime(since),
    until: showTime(until),
    ...{ by, messages, bytes },
    ...(messages > 0 ? { first: firstId, last: lastId } : {}),
  };
}

export function showTraced(message: KeptMessage): TracedMessage {
  return { ...message, at: showTime(message.at) };
}

const ARROWS = { received: "<<<", sent: ">>>", noted: "---" } as const;

/** What a file of it begins with. */
export function writeTraceHead(state: TraceState): string {
  return [
    `Trace of ${state.device}`,
    `from ${showTime(state.since)} to ${showTime(state.until)}, switched on by ${state.by}`,
    "<<< came from the device, >>> went to it, --- is said by the ACS; secrets are left out",
    "",
    "",
  ].join("\n");
}

/** One message, for people. */
export function writeTraced({ at, direction, binding, note, head, text, ...rest }: KeptMessage): string {
  const { id, connection, session, bytes, cut } = rest;
  const where = [
    binding,
    connection,
    session === undefined ? undefined : `session ${session}`,
    bytes > 0 ? `${bytes} bytes` : undefined,
  ];
  const said = where.filter((each) => each !== undefined).join(", ");
  const lines = [
    `${ARROWS[direction]} #${id} ${showTime(at)} ${said}`.trimEnd(),
    ...(note === undefined ? [] : [`    (${note})`]),
    ...(head === undefined ? [] : [head]),
    ...(text === undefined ? [] : head === undefined ? [text] : ["", text]),
    ...(cut === true ? ["    (the end is cut off)"] : []),
  ];
  return `${lines.map(printable).join("\n")}\n\n`;
}

/** A device must not write to the terminal of whoever reads it. */
function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(/[^\P{Cc}\n\t]/gu, "\u{FFFD}");
}
