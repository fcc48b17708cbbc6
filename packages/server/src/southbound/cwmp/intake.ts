import type { IncomingMessage } from "node:http";

/** Counts the bytes of requests that are not read to their end yet, so that slow senders cannot fill the memory together. */
export interface Intake {
  /** Bytes held now. */
  readonly held: number;
  /** False where this many more would be over `most`; nothing is taken then. */
  take(bytes: number, most: number): boolean;
  release(bytes: number): void;
}

export function intake(): Intake {
  let held = 0;
  return {
    get held() {
      return held;
    },
    take(bytes, most) {
      if (held + bytes > most) return false;
      held += bytes;
      return true;
    },
    release(bytes) {
      held -= bytes;
    },
  };
}

/**
 * Lets the body of a request that is refused go by, so that its sender, who may not listen before it has said all, hears why.
 * One that is longer, or says so, is left where it is.
 */
export async function passOver(request: IncomingMessage, mostBytes: number): Promise<void> {
  if (Number(request.headers["content-length"] ?? 0) > mostBytes) return;
  let length = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += Buffer.isBuffer(chunk) ? chunk.length : 0;
      if (length > mostBytes) return;
    }
  } catch (error) {
    if (request.errored === null) throw error;
  }
}
