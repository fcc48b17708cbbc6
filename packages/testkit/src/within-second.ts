import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";

const SECOND_MS = 1_000;
/** So many steps that take a plain answer's time are there at most in what is awaited: of the ACS, and of who awaits it. */
const STEPS = 10;
/** Between two plain questions, so that they are no load themselves. */
const PAUSE_MS = 20;

/**
 * Awaits what must come within a second, on a machine that has nothing else to do: where other work holds it up, the ACS at
 * that URL is slow to say that it is well, too, and what is awaited may take a few such answers longer.
 */
export async function assertWithinSecond<T>(acsUrl: string, awaited: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const slowest = slowestAnswer(new URL("/healthz", acsUrl), over.signal);
  // Where what is awaited fails, that is what is told.
  slowest.catch(() => undefined);
  const began = performance.now();
  const result = await awaited().finally(() => {
    over.abort();
  });
  const ms = performance.now() - began;
  const answerMs = await slowest;
  assert.ok(
    isInTime(ms, answerMs),
    `it took ${ms.toFixed(0)} ms, and a plain answer ${answerMs.toFixed(0)} ms at most`,
  );
  return result;
}

/** Whether what took `ms` was within a second, on a machine where a plain answer takes `answerMs`. */
export function isInTime(ms: number, answerMs: number): boolean {
  return ms < SECOND_MS + STEPS * answerMs;
}

async function slowestAnswer(url: URL, over: AbortSignal): Promise<number> {
  let slowest = 0;
  do {
    const asked = performance.now();
    await (await fetch(url)).text();
    slowest = Math.max(slowest, performance.now() - asked);
    await setTimeout(PAUSE_MS);
  } while (!over.aborted);
  return slowest;
}
