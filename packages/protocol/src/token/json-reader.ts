import { isRecord } from "../model/record.ts";
import { note, spend, within, type Spot } from "./spot.ts";

/** Reads a vendor's params or result: any object of JSON values within the limits. What is wrong is noted. */
export function readJsonObject(value: unknown, spot: Spot): unknown {
  if (isRecord(value)) checkJson(value, spot, 1);
  else note(spot, "an object is needed");
  return value;
}

function checkJson(value: unknown, spot: Spot, depth: number): void {
  if (!spend(spot, 1) || spot.reading.problem !== undefined) return;
  if (depth > spot.reading.maxDepth) {
    note(spot, "it is nested too deep");
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkJson(item, within(spot, index), depth + 1);
  } else if (isRecord(value)) {
    for (const [name, inner] of Object.entries(value)) checkJson(inner, within(spot, name), depth + 1);
  } else if (!isScalar(value)) {
    note(spot, "JSON has no such value");
  }
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}
