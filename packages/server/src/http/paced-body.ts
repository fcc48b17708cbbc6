import type { Clock } from "../ports/index.ts";

/** How slowly a file may come. */
export interface BodyPace {
  /** Without a byte. */
  readonly idleMs: number;
  /** Past the grace, so much must have come for each second since. */
  readonly graceMs: number;
  readonly bytesPerSecond: number;
  /** For the whole of it. */
  readonly totalMs: number;
}

/** A slow line takes its hours; who sends a byte now and then to keep a place is cut within a minute. */
export const defaultPace: BodyPace = {
  idleMs: 30_000,
  graceMs: 30_000,
  bytesPerSecond: 1_024,
  totalMs: 6 * 3_600_000,
};

/** The body came too slowly: nobody waits for the rest. */
export class SlowBodyError extends Error {
  override readonly name = "SlowBodyError";
  readonly code = "E_SLOW_BODY";
}

export interface Pacing {
  readonly pace: BodyPace;
  readonly clock: Pick<Clock, "after" | "elapsed">;
}

/**
 * The body as it comes. Rejects with {@link SlowBodyError} where it comes too slowly; the time that its reader takes for a
 * piece does not count.
 */
export async function* paced(
  body: AsyncIterable<Uint8Array>,
  { pace, clock }: Pacing,
): AsyncGenerator<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]();
  let [waitedMs, bytes] = [0, 0];
  for (;;) {
    const began = clock.elapsed();
    const next = await inTime(pieces.next(), { ms: patienceMs(pace, { waitedMs, bytes }), clock });
    if (next.done === true) return;
    waitedMs += clock.elapsed() - began;
    bytes += next.value.length;
    yield next.value;
  }
}

/** How long the next piece may take. */
function patienceMs(
  { idleMs, graceMs, bytesPerSecond, totalMs }: BodyPace,
  { waitedMs, bytes }: { readonly waitedMs: number; readonly bytes: number },
): number {
  const slowestMs = graceMs + (1_000 * bytes) / bytesPerSecond;
  return Math.max(0, Math.min(idleMs, slowestMs - waitedMs, totalMs - waitedMs));
}

async function inTime<T>(
  awaited: Promise<T>,
  { ms, clock }: { readonly ms: number; readonly clock: Pick<Clock, "after"> },
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = clock.after(ms, () => {
    late.reject(new SlowBodyError("the body comes too slowly"));
  });
  try {
    return await Promise.race([awaited, late.promise]);
  } finally {
    timer.cancel();
  }
}
