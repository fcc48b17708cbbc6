import { randomFillSync } from "node:crypto";
import type { Random } from "../ports/random.ts";

/** One call for many bytes takes hardly longer than one for a few. */
const POOL_BYTES = 4096;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/** The machine's randomness. */
export const systemRandom: Random = {
  hex(bytes) {
    if (bytes > POOL_BYTES) return randomFillSync(Buffer.alloc(bytes)).toString("hex");
    if (used + bytes > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    const [start, end] = [used, used + bytes];
    used = end;
    const text = pool.toString("hex", start, end);
    // What was handed out is somebody's secret now.
    pool.fill(0, start, end);
    return text;
  },
  fraction: () => Math.random(),
};
