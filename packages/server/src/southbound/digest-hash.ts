import { hash, timingSafeEqual } from "node:crypto";
import type { Hash } from "@heliograph/protocol";

/** The hash that the digest codec is handed. */
export const digestHash: Hash = (algorithm, text) =>
  hash(algorithm === "MD5" ? "md5" : "sha256", text, "hex");

/** Compares two texts in a time that says nothing of where they differ; whether they are as long as each other is no secret. */
export function equalInConstantTime(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
