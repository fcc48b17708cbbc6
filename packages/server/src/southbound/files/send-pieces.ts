import { once } from "node:events";
import type { Writable } from "node:stream";
import type { Clock } from "../../ports/index.ts";

export interface Sending {
  readonly clock: Pick<Clock, "after">;
  /** For one piece to be taken: whoever is slower is cut. */
  readonly pieceTimeoutMs: number;
  /** Cuts the reader as well. */
  readonly signal: AbortSignal;
}

/**
 * Sends piece by piece, each once there is room for it: who reads slowly holds one piece in memory, not the file. Resolves
 * with how many bytes were handed to the connection before its end, or before it broke.
 */
export async function sendPieces(
  target: Writable,
  pieces: AsyncIterable<Uint8Array>,
  { clock, pieceTimeoutMs, signal }: Sending,
): Promise<number> {
  const gone = new AbortController();
  const isGone = AbortSignal.any([gone.signal, signal]);
  const leave = (): void => {
    gone.abort();
  };
  target.once("close", leave);
  let sent = 0;
  try {
    for await (const piece of pieces) {
      if (isGone.aborted || !(await take(piece))) break;
      sent += piece.length;
    }
    if (isGone.aborted) target.destroy();
    else target.end();
    return sent;
  } finally {
    target.off("close", leave);
  }

  /** False where the reader is gone, or too slow. */
  async function take(piece: Uint8Array): Promise<boolean> {
    if (target.write(piece)) return true;
    const late = clock.after(pieceTimeoutMs, leave);
    try {
      await once(target, "drain", { signal: isGone });
      return true;
    } catch (error) {
      if (isGone.aborted) return false;
      throw error;
    } finally {
      late.cancel();
    }
  }
}
