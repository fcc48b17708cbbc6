import type { ServerResponse } from "node:http";
import type { Clock } from "../ports/index.ts";
import { deadline } from "./deadline.ts";

/** How long a reader of server-sent events waits before it comes back. */
export const SSE_RETRY_MS = 2_000;

export const SSE_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  /** Proxies that hold answers back hold back events, too. */
  "x-accel-buffering": "no",
};

export interface Patience {
  readonly clock: Clock;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** Writes, and waits until the reader has taken it; false where it does not in time. */
export async function isTaken(response: ServerResponse, text: string, patience: Patience): Promise<boolean> {
  if (text === "" || response.write(text)) return true;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const take = (): void => {
    resolve(true);
  };
  response.once("drain", take);
  using over = deadline(patience.clock, patience.waitMs, patience.signal);
  const isDrained = await Promise.race([promise, over.passed.then(() => false)]);
  response.off("drain", take);
  return isDrained;
}

/** What is left of a stretch of time; nothing where the clock was set back. */
export function left(wholeMs: number, passedMs: number): number {
  return passedMs < 0 ? 0 : Math.max(0, wholeMs - passedMs);
}

/** A comment that moves the position over what a filter left out. */
export function signOfLife(position: number): string {
  return `: \nid: ${position}\n\n`;
}
