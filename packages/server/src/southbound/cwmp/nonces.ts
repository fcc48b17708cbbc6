import { hash } from "node:crypto";
import type { DigestAuthorization } from "@heliograph/protocol";
import type { Random } from "../../ports/index.ts";
import { equalInConstantTime } from "../digest-hash.ts";

/** What answers a nonce. */
export type Answer = Pick<DigestAuthorization, "nonce" | "response">;

/**
 * Digest nonces that need no memory: the time, who made it, some salt, and a code over them that only the maker can make. They are not
 * bound to a connection, since some devices answer a challenge on a new one. A nonce may be answered again, by another count
 * or another cnonce; the same answer is good once.
 */
export interface Nonces {
  make(now: number): string;
  /**
   * Whether this process made the nonce, not too long ago, and nobody gave this answer before; from now on somebody has. Only
   * for an answer that was found right, so that nobody fills the memory by guessing.
   */
  spend(answer: Answer, now: number): boolean;
}

export const NONCE_LIFE_MS = 5 * 60_000;

/** Answers remembered of one generation: with some 60 bytes for each, two generations stay below 12 MB. */
const MOST_SPENT = 100_000;

const NONCE = /^[0-9a-f]{52}$/;
const TIME_CHARS = 12;
const MAKER_CHARS = 8;
const STAMP_CHARS = 28;

/** Who made a nonce, by its own word; undefined where it is none. */
export function makerOf(nonce: string): string | undefined {
  return NONCE.test(nonce) ? nonce.slice(TIME_CHARS, TIME_CHARS + MAKER_CHARS) : undefined;
}

/** A key, and the answers that were given while it made nonces. */
interface Generation {
  readonly key: string;
  readonly since: number;
  readonly spent: Set<string>;
}

/**
 * Two generations are known. An answer is remembered in the one that makes nonces now, which is never older than the one that
 * made its own nonce: so that what is forgotten answered a nonce that nobody knows any more, however many answers come.
 */
export function nonces(random: Random, { mostSpent = MOST_SPENT, maker = random.hex(4) } = {}): Nonces {
  const begin = (now: number): Generation => ({ key: random.hex(32), since: now, spent: new Set() });
  let current: Generation | undefined;
  let previous: Generation | undefined;
  /** Also where the clock jumped back. */
  const turn = (now: number): Generation => {
    const isOver =
      current === undefined ||
      current.spent.size >= mostSpent ||
      now < current.since ||
      now - current.since > NONCE_LIFE_MS;
    if (current !== undefined && !isOver) return current;
    previous = current;
    current = begin(now);
    return current;
  };
  return {
    make: (now) => write(turn(now), now.toString(16).padStart(TIME_CHARS, "0") + maker + random.hex(4)),
    spend({ nonce, response }, now) {
      const latest = turn(now);
      const known = previous === undefined ? [latest] : [latest, previous];
      if (!isFresh(nonce, known, now)) return false;
      // Bytes of its own: a part of the header would keep all of it.
      const proof = Buffer.from(response, "hex").toString("latin1");
      if (known.some(({ spent }) => spent.has(proof))) return false;
      latest.spent.add(proof);
      return true;
    },
  };
}

function isFresh(nonce: string, known: readonly Generation[], now: number): boolean {
  const age = now - Number.parseInt(nonce.slice(0, TIME_CHARS), 16);
  if (!(age >= 0 && age <= NONCE_LIFE_MS)) return false;
  const stamp = nonce.slice(0, STAMP_CHARS);
  return known.some((generation) => equalInConstantTime(nonce, write(generation, stamp)));
}

/** A stamp is always as long, and most of the hash is kept back: so nothing can be appended, and no HMAC is needed. */
function write({ key }: Generation, stamp: string): string {
  return stamp + hash("sha256", key + stamp, "hex").slice(0, 24);
}
