import { ApiError, NoAnswerError } from "./errors.ts";
import { eventStreamParser, type StreamMessage } from "./event-stream.ts";
import type { Query, Transport } from "./transport.ts";

/** A stream of server-sent events, each of which is a `T`. */
export interface Stream<T> {
  readonly transport: Transport;
  readonly path: string;
  readonly query?: Query;
  /** Undefined where this was the last, and says so. */
  readonly read: (data: string) => T | undefined;
}

export interface StreamOptions {
  /** Begins after this one; left out: where the server begins. */
  readonly after?: number;
  readonly signal?: AbortSignal;
  /** Told of every loss before the stream is opened again. */
  readonly onLost?: (error: unknown, waitMs: number) => void;
}

/** Resolves after that many milliseconds, or rejects with the signal's reason. */
export type Pause = (ms: number, signal: AbortSignal | undefined) => Promise<void>;

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** The server says something every 15 s; after three silences it is gone. */
const SILENCE_MS = 45_000;
const MAX_EVENT_CHARS = 16 * 1024 * 1024;

/**
 * What the stream carries in order, each once. A lost stream is opened again where it broke off, after a wait that doubles up
 * to half a minute and begins anew with every message. Ends by leaving the loop, by the signal, or where the stream says so;
 * throws only where asking again cannot help ({@link ApiError}) or the signal was aborted.
 */
export async function* followStream<T>(
  stream: Stream<T>,
  options: StreamOptions,
  pause: Pause = wait,
): AsyncGenerator<T, void, undefined> {
  let position = options.after?.toString() ?? "";
  let losses = 0;
  for (;;) {
    let lost: unknown = new NoAnswerError("the event stream ended");
    try {
      for await (const { id, data } of readMessages(stream, options, position)) {
        position = id;
        losses = 0;
        if (data === undefined) continue;
        const message = stream.read(data);
        if (message === undefined) return;
        yield message;
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!worthAnotherTry(error)) throw error;
      lost = error;
    }
    const waitMs = backOff(losses++, lost);
    options.onLost?.(lost, waitMs);
    await pause(waitMs, options.signal);
  }
}

async function* readMessages<T>(
  { transport, path, query = {} }: Stream<T>,
  options: StreamOptions,
  position: string,
): AsyncGenerator<StreamMessage, void, undefined> {
  const watch = watchSilence(options.signal);
  try {
    const response = await transport({
      method: "GET",
      path,
      query,
      headers: { accept: "text/event-stream", ...(position === "" ? {} : { "last-event-id": position }) },
      signal: watch.signal,
    });
    const parser = eventStreamParser(MAX_EVENT_CHARS);
    for await (const piece of textOf(response)) {
      watch.heard();
      yield* parser.push(piece);
    }
  } finally {
    watch.end();
  }
}

async function* textOf({ body }: Response): AsyncGenerator<string, void, undefined> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const piece = await reader?.read().catch((cause: unknown) => {
      throw new NoAnswerError("the event stream broke off", { cause });
    });
    if (piece?.value === undefined) return;
    yield piece.value;
  }
}

/** A signal for one stream: aborted with the caller's, after a silence, and at its end. */
function watchSilence(outer: AbortSignal | undefined) {
  const controller = new AbortController();
  const silent = (): void => controller.abort(new NoAnswerError("the event stream fell silent"));
  let timer = setTimeout(silent, SILENCE_MS);
  return {
    signal: outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal]),
    heard(): void {
      clearTimeout(timer);
      timer = setTimeout(silent, SILENCE_MS);
    },
    end(): void {
      clearTimeout(timer);
      controller.abort();
    },
  };
}

function worthAnotherTry(error: unknown): boolean {
  if (error instanceof NoAnswerError) return true;
  return error instanceof ApiError && (error.status >= 500 || error.status === 429 || error.status === 408);
}

function backOff(losses: number, lost: unknown): number {
  const doubled = Math.min(FIRST_WAIT_MS * 2 ** losses, LONGEST_WAIT_MS);
  const spread = doubled * (0.5 + Math.random() / 2);
  return Math.max(spread, (lost instanceof ApiError ? lost.retryAfterMs : undefined) ?? 0);
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const timer = setTimeout(resolve, ms, undefined);
  signal?.addEventListener("abort", resolve, { once: true });
  await promise;
  clearTimeout(timer);
  signal?.removeEventListener("abort", resolve);
  signal?.throwIfAborted();
}
