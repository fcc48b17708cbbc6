import type { DeviceEvent } from "../events.ts";
import { ApiError, NoAnswerError } from "./errors.ts";
import { eventStreamParser } from "./event-stream.ts";
import type { Transport } from "./transport.ts";

export interface FollowOptions {
  /** Begins after this event; 0 with the oldest kept. Left out: with what comes next. */
  readonly after?: number;
  readonly device?: string;
  readonly names?: readonly string[];
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
 * Events in order, each once. A lost stream is opened again where it broke off, after a wait that doubles up to half a
 * minute and begins anew with every event. Ends by leaving the loop or by the signal; throws only where asking again
 * cannot help ({@link ApiError}) or the signal was aborted.
 */
export async function* followEvents(
  transport: Transport,
  options: FollowOptions,
  pause: Pause = wait,
): AsyncGenerator<DeviceEvent, void, undefined> {
  let position = options.after?.toString() ?? "";
  let losses = 0;
  for (;;) {
    let lost: unknown = new NoAnswerError("the event stream ended");
    try {
      for await (const message of readStream(transport, options, position)) {
        position = message.id;
        losses = 0;
        if (message.event !== undefined) yield message.event;
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

interface Message {
  readonly id: string;
  readonly event?: DeviceEvent;
}

async function* readStream(
  transport: Transport,
  options: FollowOptions,
  position: string,
): AsyncGenerator<Message, void, undefined> {
  const watch = watchSilence(options.signal);
  try {
    const response = await transport({
      method: "GET",
      path: "events",
      query: { device: options.device, name: options.names },
      headers: { accept: "text/event-stream", ...(position === "" ? {} : { "last-event-id": position }) },
      signal: watch.signal,
    });
    const parser = eventStreamParser(MAX_EVENT_CHARS);
    for await (const piece of textOf(response)) {
      watch.heard();
      for (const { id, data } of parser.push(piece)) {
        yield data === undefined ? { id } : { id, event: readEvent(data) };
      }
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

function readEvent(data: string): DeviceEvent {
  const event: unknown = JSON.parse(data);
  if (isEvent(event)) return event;
  throw new TypeError("the event stream carried something that is no event");
}

function isEvent(value: unknown): value is DeviceEvent {
  return typeof value === "object" && value !== null && "id" in value && "device" in value && "name" in value;
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
