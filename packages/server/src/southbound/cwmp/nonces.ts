import { createHmac } from "node:crypto";
import type { Random } from "../../ports/index.ts";
import { equalInConstantTime } from "../digest-hash.ts";

/**
 * Digest nonces that need no memory: the time, some salt, and a code over both that only this process can make. They are not
 * bound to a connection, since some devices answer a challenge on a new one. Within its life a nonce can be used again.
 */
export interface Nonces {
  make(now: number): string;
  /** Whether this process made it, and not too long ago. */
  isFresh(nonce: string, now: number): boolean;
}

export const NONCE_LIFE_MS = 5 * 60_000;

const NONCE = /^(([0-9a-f]{12})[0-9a-f]{8})[0-9a-f]{32}$/;

export function nonces(random: Random): Nonces {
  const key = random.hex(32);
  const write = (stamp: string): string =>
    stamp + createHmac("sha256", key).update(stamp).digest("hex").slice(0, 32);
  return {
    make: (now) => write(now.toString(16).padStart(12, "0") + random.hex(4)),
    isFresh(nonce, now) {
      const [, stamp = "", time = ""] = NONCE.exec(nonce) ?? [];
      if (stamp === "" || !equalInConstantTime(nonce, write(stamp))) return false;
      const age = now - Number.parseInt(time, 16);
      return age >= 0 && age <= NONCE_LIFE_MS;
    },
  };
}
