import { randomBytes } from "node:crypto";
import type { Random } from "../ports/random.ts";

/** The machine's randomness. */
export const systemRandom: Random = {
  hex: (bytes) => randomBytes(bytes).toString("hex"),
  fraction: () => Math.random(),
};
