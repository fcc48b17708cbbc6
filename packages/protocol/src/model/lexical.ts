import { unreachable } from "../unreachable.ts";
import type { ValueType } from "./value.ts";

export const MIN_INT = -(2 ** 31);
export const MAX_INT = 2 ** 31 - 1;
export const MAX_UNSIGNED_INT = 2 ** 32 - 1;

/** What CWMP writes where a time is not known [CWMP 1.4 3.2.1.3]. */
export const UNKNOWN_TIME = "0001-01-01T00:00:00Z";

const INTEGER = /^[+-]?[0-9]+$/;
const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$/;
const HEX = /^(?:[0-9A-Fa-f]{2})*$/;

/** Without white space; the bits that padding leaves over are zero. */
export const BASE64 = /^(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/][AQgw]==|[0-9A-Za-z+/]{2}[AEIMQUYcgkosw048]=)?$/;
const NOT_BASE64 = /[^0-9A-Za-z+/]/;

/** That the day is one which its month has, {@link isDateTime} adds. */
export const DATE_TIME =
  /^-?([0-9]{4,})-(0[1-9]|1[0-2])-([0-2][0-9]|3[01])T(?:([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?$/;

/** Bounds the work on what is no number and no time anyway. */
const MAX_INTEGER_CHARS = 64;
const MAX_TIME_CHARS = 64;

/** The text as the type writes it, white space off [XML Schema 2]; undefined where it is none that the type allows. */
export function lexicalForm(text: string, type: ValueType): string | undefined {
  switch (type) {
    case "string":
      return text;
    case "boolean":
      return digitOf(parseBoolean(text));
    case "int":
    case "unsignedInt":
      return parseInteger(text, type)?.toString();
    case "long":
      return parseLong(text, -(2n ** 63n), 2n ** 63n - 1n)?.toString();
    case "unsignedLong":
      return parseLong(text, 0n, 2n ** 64n - 1n)?.toString();
    case "decimal":
      return matching(DECIMAL, text.trim());
    case "dateTime":
      return isDateTime(text.trim()) ? text.trim() : undefined;
    case "base64":
      return base64Form(text.replaceAll(/\s/g, ""));
    case "hexBinary":
      return matching(HEX, text.trim());
    default:
      return unreachable(type);
  }
}

export function isOfType(text: string, type: ValueType): boolean {
  return lexicalForm(text, type) !== undefined;
}

function digitOf(flag: boolean | undefined): string | undefined {
  return flag === undefined ? undefined : flag ? "1" : "0";
}

function matching(pattern: RegExp, text: string): string | undefined {
  return pattern.test(text) ? text : undefined;
}

/** All but its end is looked through without an expression that counts groups: a long text has too many of them. */
function base64Form(text: string): string | undefined {
  const isWhole = text.length % 4 === 0 && !NOT_BASE64.test(text.slice(0, -4));
  return isWhole && BASE64.test(text.slice(-4)) ? text : undefined;
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
  const found = text.length > MAX_TIME_CHARS ? null : DATE_TIME.exec(text);
  if (found === null) return false;
  const [, year = "", month = "", day = ""] = found;
  const daysInMonth = new Date(
    Date.UTC(2000 + (Number(year.slice(-4)) % 400), Number(month), 0),
  ).getUTCDate();
  return Number(year) > 0 && Number(day) > 0 && Number(day) <= daysInMonth;
}

function parseLong(text: string, least: bigint, greatest: bigint): bigint | undefined {
  const digits = text.trim();
  if (digits.length > MAX_INTEGER_CHARS || !INTEGER.test(digits)) return undefined;
  const number = BigInt(digits.replace("+", ""));
  return number >= least && number <= greatest ? number : undefined;
}
