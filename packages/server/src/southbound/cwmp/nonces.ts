import { createHmac } from "node:crypto";
import { equalInConstantTime } from "../digest-hash.ts";

/**
 * Digest nonces that need no memory: the time, and a code over it that only this process can make. They are not bound to a
 * connection, since some devices answer a challenge on a new one. Within its life a nonce can be used again.
 */
export interface Nonces {
  make(now: number): string;
  /** Whether this process made it, and not too long ago. */
  isFresh(nonce: string, now: number): boolean;
}

export const NONCE_LIFE_MS = 5 * 60_000;

const NONCE = /^([0-9a-f]{12})[0-9a-f]{32}$/;

/** `key`: random and secret, for the life of the process. */
export function nonces(key: string): Nonces {
  const write = (stamp: string): string =>
    stamp + createHmac("sha256", key).update(stamp).digest("hex").slice(0, 32);
  return {
    make: (now) => write(now.toString(16).padStart(12, "0")),
    isFresh(nonce, now) {
      const stamp = NONCE.exec(nonce)?.[1];
      if (stamp === undefined || !equalInConstantTime(nonce, write(stamp))) return false;
      const age = now - Number.parseInt(stamp, 16);
      return age >= 0 && age <= NONCE_LIFE_MS;
    },
  };
}
