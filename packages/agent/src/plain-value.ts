import { isOfType, parseBoolean } from "@heliograph/protocol";
import type { CompactValue, ValueType } from "@heliograph/protocol";

/** What a parameter holds on the device's side: numbers for 32-bit integers, text for all that is wider. */
export type PlainValue = string | number | boolean;

export type ReadValue =
  { readonly ok: true; readonly value: PlainValue } | { readonly ok: false; readonly refusal: ValueRefusal };

/** Why a value cannot be set: the fault code and what a person needs to mend it [CWMP 1.4 A.5.1]. */
export interface ValueRefusal {
  readonly code: 9006 | 9007;
  readonly reason: string;
}

type Family = "text" | "boolean" | "number" | "time" | "bytes";

/** Numbers of any width are one kind, since the ACS may know the width no better. */
const FAMILIES: Readonly<Record<ValueType, Family>> = {
  string: "text",
  boolean: "boolean",
  int: "number",
  unsignedInt: "number",
  long: "number",
  unsignedLong: "number",
  decimal: "number",
  dateTime: "time",
  base64: "bytes",
  hexBinary: "bytes",
};

/** Reads a value that the ACS sets: 9006 where it is of another kind than its parameter, 9007 where it is malformed. */
export function readValue(type: ValueType, given: CompactValue): ReadValue {
  if (given === null) return refuse(9006, "no value is given");
  const [text, givenType] = typed(given);
  if (FAMILIES[givenType] !== FAMILIES[type]) return refuse(9006, `${givenType} is given, ${type} is needed`);
  if (!isOfType(text, type)) return refuse(9007, `out of the range or the form of ${type}`);
  return { ok: true, value: plain(type, text) };
}

function typed(given: Exclude<CompactValue, null>): readonly [text: string, type: ValueType] {
  if (typeof given === "string") return [given, "string"];
  if (typeof given === "boolean") return [String(given), "boolean"];
  if (typeof given === "number") return [String(given), "int"];
  return given;
}

function plain(type: ValueType, text: string): PlainValue {
  if (type === "string") return text;
  if (type === "boolean") return parseBoolean(text) === true;
  return type === "int" || type === "unsignedInt" ? Number(text) : text.trim();
}

function refuse(code: ValueRefusal["code"], reason: string): ReadValue {
  return { ok: false, refusal: { code, reason } };
}
