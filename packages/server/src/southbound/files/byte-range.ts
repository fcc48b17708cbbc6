import type { ByteSpan } from "../../ports/index.ts";

const RANGE = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i;

/**
 * Which bytes of a file of so many are asked for [RFC 9110 14.1.2]. More than one range, another unit and what cannot be
 * read give the whole, as if nothing had been said: then nobody gets more than the file by asking cleverly.
 */
export function readRange(header: string | undefined, bytes: number): ByteSpan | "whole" | "unsatisfiable" {
  const [, first = "", last = ""] = RANGE.exec(header ?? "") ?? [];
  if (first === "" && last === "") return "whole";
  if (first === "") return lastBytes(Number(last), bytes);
  const from = Number(first);
  if (last !== "" && Number(last) < from) return "whole";
  if (from >= bytes) return "unsatisfiable";
  return { from, to: last === "" ? bytes : Math.min(Number(last) + 1, bytes) };
}

function lastBytes(count: number, bytes: number): ByteSpan | "unsatisfiable" {
  return count === 0 || bytes === 0 ? "unsatisfiable" : { from: Math.max(0, bytes - count), to: bytes };
}
