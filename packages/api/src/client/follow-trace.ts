import type { TracedMessage } from "../traces.ts";
import { followStream, type StreamOptions } from "./follow-stream.ts";
import type { Transport } from "./transport.ts";

/** `after` left out: with the oldest message that is kept. */
export type FollowTraceOptions = StreamOptions;

/** Messages in order, each once, until the trace ends; what breaks off is opened again as it is for events. */
export function followTrace(
  transport: Transport,
  path: string,
  options: FollowTraceOptions,
): AsyncGenerator<TracedMessage, void, undefined> {
  return followStream({ transport, path, read: readTraced }, options);
}

/** The last one of a trace that has ended carries nothing. */
function readTraced(data: string): TracedMessage | undefined {
  const message: unknown = JSON.parse(data);
  return isTraced(message) ? message : undefined;
}

function isTraced(value: unknown): value is TracedMessage {
  return typeof value === "object" && value !== null && "id" in value && "direction" in value;
}
