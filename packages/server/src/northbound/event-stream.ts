import type { ServerResponse } from "node:http";
import type { DeviceKey } from "@heliograph/protocol";
import type { Clock, EventRecord } from "../ports/index.ts";
import type { EventTail } from "./event-tail.ts";
import type { NorthboundLimits } from "./settings.ts";
import { showEvent } from "./show-journal.ts";
import { isTaken, left, signOfLife, SSE_HEADERS, SSE_RETRY_MS } from "./sse.ts";

export interface EventStreamOptions {
  readonly tail: EventTail;
  readonly clock: Clock;
  readonly limits: NorthboundLimits;
  /** Events after this one; left out: those that come. */
  readonly after: number | undefined;
  readonly device: DeviceKey | undefined;
  /** Left out: all. */
  readonly names: readonly string[] | undefined;
  /** Those events that the reader sees, and as much of them. */
  readonly see: (events: readonly EventRecord[]) => Promise<readonly EventRecord[]>;
  /** Ends the stream. */
  readonly signal: AbortSignal;
  /** Asked once in every quiet or busy keep-alive time; the stream ends where it says no. */
  readonly isAdmitted: () => Promise<boolean>;
}

/**
 * Writes events as server-sent events until the signal is given, the reader goes or does not read, or its token is no
 * longer good. The id comes first and with every sign of life, so that a reader which comes back misses nothing and is
 * not shown again what its filter left out.
 */
export async function streamEvents(response: ServerResponse, options: EventStreamOptions): Promise<void> {
  const { tail, clock, limits, device, names, isAdmitted } = options;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const signal = AbortSignal.any([options.signal, gone.signal]);
  let position = options.after ?? tail.head();
  let text = `retry: ${SSE_RETRY_MS}\n${signOfLife(position)}`;
  let spokeAt = clock.now();
  let askedAt = spokeAt;
  response.writeHead(200, SSE_HEADERS);
  while (!signal.aborted && (await isTaken(response, text, { clock, waitMs: limits.slowReaderMs, signal }))) {
    const quietMs = left(limits.keepAliveMs, clock.now() - spokeAt);
    const batch = await tail.read({ after: position, device, waitMs: quietMs, signal });
    position = batch.position;
    const asked = batch.events.filter(({ name }) => names?.includes(name) !== false);
    text = (await options.see(asked)).map(writeEvent).join("");
    if (text === "" && left(limits.keepAliveMs, clock.now() - spokeAt) === 0) text = signOfLife(position);
    if (text !== "") spokeAt = clock.now();
    if (left(limits.keepAliveMs, clock.now() - askedAt) > 0) continue;
    if (!(await isAdmitted())) break;
    askedAt = clock.now();
  }
  if (response.writableNeedDrain) response.destroy();
  else response.end();
}

function writeEvent(record: EventRecord): string {
  return `id: ${record.id}\nevent: ${record.name}\ndata: ${JSON.stringify(showEvent(record))}\n\n`;
}
