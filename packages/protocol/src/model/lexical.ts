import type { ValueType } from "./value.ts";

export const MIN_INT = -(2 ** 31);
export const MAX_INT = 2 ** 31 - 1;
export const MAX_UNSIGNED_INT = 2 ** 32 - 1;

/** What CWMP writes where a time is not known [CWMP 1.4 3.2.1.3]. */
export const UNKNOWN_TIME = "0001-01-01T00:00:00Z";

const INTEGER = /^[+-]?[0-9]+$/;
const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$/;
const HEX = /^(?:[0-9A-Fa-f]{2})*$/;
export const BASE64 = /^(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$/;
export const DATE_TIME =
  /^-?([0-9]{4,})-(0[1-9]|1[0-2])-([0-2][0-9]|3[01])T(?:([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?$/;
const MAX_INTEGER_CHARS = 64;

/** Whether the text is one that the type allows [XML Schema 2], surrounding white space aside. */
export function isOfType(text: string, type: ValueType): boolean {
  switch (type) {
    case "string":
      return true;
    case "boolean":
      return parseBoolean(text) !== undefined;
    case "int":
    case "unsignedInt":
      return parseInteger(text, type) !== undefined;
    case "long":
      return isWithin(text, -(2n ** 63n), 2n ** 63n - 1n);
    case "unsignedLong":
      return isWithin(text, 0n, 2n ** 64n - 1n);
    case "decimal":
      return DECIMAL.test(text.trim());
    case "dateTime":
      return isDateTime(text.trim());
    case "base64":
      return BASE64.test(text.replaceAll(/\s/g, ""));
    case "hexBinary":
      return HEX.test(text.trim());
  }
}

/** `1`, `0`, `true`, `false` and their like in any case; undefined for anything else. */
export function parseBoolean(text: string): boolean | undefined {
  switch (text.trim().toLowerCase()) {
    case "1":
    case "true":
      return true;
    case "0":
    case "false":
      return false;
    default:
      return undefined;
  }
}

/** A 32-bit integer with or without sign and leading zeros; undefined where it is none, or out of the type's range. */
export function parseInteger(text: string, type: "int" | "unsignedInt"): number | undefined {
  const digits = text.trim();
  if (digits.length > MAX_INTEGER_CHARS || !INTEGER.test(digits)) return undefined;
  // Adding 0 makes 0 of -0.
  const number = Number(digits) + 0;
  return isInRange(number, type) ? number : undefined;
}

export function isInRange(number: number, type: "int" | "unsignedInt"): boolean {
  if (!Number.isInteger(number)) return false;
  return type === "int" ? number >= MIN_INT && number <= MAX_INT : number >= 0 && number <= MAX_UNSIGNED_INT;
}

/** A dateTime with a day that its month has; with or without zone. */
export function isDateTime(text: string): boolean {
  const found = DATE_TIME.exec(text);
  if (found === null) return false;
  const [, year = "", month = "", day = ""] = found;
  const daysInMonth = new Date(
    Date.UTC(2000 + (Number(year.slice(-4)) % 400), Number(month), 0),
  ).getUTCDate();
  return Number(year) > 0 && Number(day) > 0 && Number(day) <= daysInMonth;
}

function isWithin(text: string, min: bigint, max: bigint): boolean {
  const digits = text.trim();
  if (digits.length > MAX_INTEGER_CHARS || !INTEGER.test(digits)) return false;
  const number = BigInt(digits.replace("+", ""));
  return number >= min && number <= max;
}
