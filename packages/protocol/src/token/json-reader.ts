import { isRecord } from "../model/record.ts";
import { note, within, type Spot } from "./spot.ts";

/** Reads a vendor's params or result: any object of JSON values. What is wrong is noted. */
export function readJsonObject(value: unknown, spot: Spot): unknown {
  if (isRecord(value)) checkJson(value, spot);
  else note(spot, "an object is needed");
  return value;
}

function checkJson(value: unknown, spot: Spot): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkJson(item, within(spot, index));
  } else if (isRecord(value)) {
    for (const [name, inner] of Object.entries(value)) checkJson(inner, within(spot, name));
  } else if (!isScalar(value)) {
    note(spot, "JSON has no such value");
  }
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}
