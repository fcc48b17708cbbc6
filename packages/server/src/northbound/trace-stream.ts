import type { ServerResponse } from "node:http";
import type { DeviceKey } from "@heliograph/protocol";
import type { Clock, TracedMessage, Traces } from "../ports/index.ts";
import { deadline } from "./deadline.ts";
import { isTaken, left, signOfLife, SSE_HEADERS, SSE_RETRY_MS } from "./sse.ts";
import type { NorthboundLimits } from "./settings.ts";
import { showTraced } from "./show-trace.ts";

export interface TraceStreamOptions {
  readonly traces: Traces;
  readonly device: DeviceKey;
  readonly clock: Clock;
  readonly limits: NorthboundLimits;
  /** Messages after this one. */
  readonly after: number;
  /** Ends the stream. */
  readonly signal: AbortSignal;
  /** Asked once in every quiet or busy keep-alive time; the stream ends where it says no. */
  readonly isAdmitted: () => Promise<boolean>;
}

/** Few at once: a message may be long. */
const BATCH = 50;
/** What tells a reader that no more will come. */
const ENDED = "event: ended\ndata: {}\n\n";

/**
 * Writes a trace as server-sent events until it ends, which is said, or the signal is given, the reader goes or does not
 * read, or its token is no longer good.
 */
export async function streamTrace(response: ServerResponse, options: TraceStreamOptions): Promise<void> {
  const { traces, device, clock, limits } = options;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const signal = AbortSignal.any([options.signal, gone.signal]);
  const patience = { clock, waitMs: limits.slowReaderMs, signal };
  using news = newsOf(traces, device);
  let position = options.after;
  let text = `retry: ${SSE_RETRY_MS}\n${signOfLife(position)}`;
  let askedAt = clock.now();
  response.writeHead(200, SSE_HEADERS);
  while (!signal.aborted && (await isTaken(response, text, patience))) {
    if (text === ENDED) break;
    const isOver = !isOn(options);
    if (isOver) await traces.settled(device);
    const changed = news.next();
    const messages = await traces.read(device, { after: position, limit: BATCH });
    position = messages.at(-1)?.id ?? position;
    text = messages.map(writeMessage).join("");
    if (text === "" && isOver) text = ENDED;
    else if (text === "") {
      using quiet = deadline(clock, limits.keepAliveMs, signal);
      await Promise.race([changed, quiet.passed]);
      if (quiet.isPassed()) text = signOfLife(position);
    }
    if (left(limits.keepAliveMs, clock.now() - askedAt) > 0) continue;
    if (!(await options.isAdmitted())) break;
    askedAt = clock.now();
  }
  if (response.writableNeedDrain) response.destroy();
  else response.end();
}

function isOn({ traces, device, clock }: TraceStreamOptions): boolean {
  return (traces.state(device)?.until ?? 0) > clock.now();
}

interface News extends Disposable {
  /** Resolves at the first change from now on. */
  next(): Promise<unknown>;
}

function newsOf(traces: Traces, device: DeviceKey): News {
  let waiting = Promise.withResolvers<unknown>();
  const subscription = traces.onChange(device, () => {
    waiting.resolve(undefined);
    waiting = Promise.withResolvers();
  });
  return {
    next: () => waiting.promise,
    [Symbol.dispose]() {
      subscription.unsubscribe();
    },
  };
}

function writeMessage(message: TracedMessage): string {
  return `id: ${message.id}\nevent: message\ndata: ${JSON.stringify(showTraced(message))}\n\n`;
}
