import { createHash, timingSafeEqual } from "node:crypto";
import type { Hash } from "@heliograph/protocol";

/** The hash that the digest codec is handed. */
export const digestHash: Hash = (algorithm, text) =>
  createHash(algorithm === "MD5" ? "md5" : "sha256")
    .update(text)
    .digest("hex");

/** Compares two texts in a time that says nothing of where they differ. */
export function equalInConstantTime(given: string, expected: string): boolean {
  return timingSafeEqual(sha256(given), sha256(expected));
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
