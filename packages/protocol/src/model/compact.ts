import { isInRange, isOfType, parseBoolean, parseInteger } from "./lexical.ts";
import { valueTypes } from "./value.ts";
import type { CompactValue, ValueType } from "./value.ts";

/** A value with its type's name, as SOAP and files carry it. */
export interface TypedText {
  readonly text: string;
  readonly type: ValueType;
}

/**
 * The compact form of a text and its type [LIGHT 3]. A text that its type does not allow stays as it was sent, as a pair.
 * `knownType` is the parameter's type where the data model is known: it decides whether an integer can stand bare.
 */
export function compactValue(text: string, type: ValueType, knownType?: ValueType): CompactValue {
  switch (type) {
    case "string":
      return text;
    case "boolean":
      return parseBoolean(text) ?? [text, type];
    case "int":
    case "unsignedInt": {
      const number = parseInteger(text, type);
      if (number === undefined) return [text, type];
      return bareType(number, knownType) === type ? number : [String(number), type];
    }
    default:
      return [text, type];
  }
}

/** Text and type of a value, a boolean as `1` or `0`; undefined for "no value". */
export function typedText(value: CompactValue, knownType?: ValueType): TypedText | undefined {
  if (value === null) return undefined;
  if (typeof value === "string") return { text: value, type: "string" };
  if (typeof value === "boolean") return { text: value ? "1" : "0", type: "boolean" };
  if (typeof value === "number") return { text: String(value), type: bareType(value, knownType) };
  return { text: value[0], type: value[1] };
}

/** What makes a value unfit to be set; undefined where it is fit. */
export function valueProblem(value: unknown): string | undefined {
  if (value === null) return "no value cannot be set";
  if (typeof value === "string" || typeof value === "boolean") return undefined;
  if (isBareInteger(value)) return undefined;
  if (typeof value === "number") return "not a 32-bit integer; write others as a pair";
  if (!isPair(value)) return "neither a string, a boolean, an integer, nor a pair of text and type";
  return isOfType(value[0], value[1]) ? undefined : `the text is not of the type ${value[1]}`;
}

/** Any compact value, as an answer may carry it: also no value, and a pair whose text is not of its type. */
export function isCompactValue(value: unknown): value is CompactValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  return isBareInteger(value) || isPair(value);
}

/** A bare integer made explicit where its parameter's type differs from the one it would be read as without the model. */
export function resolveType(value: CompactValue, knownType: ValueType | undefined): CompactValue {
  if (typeof value !== "number" || knownType === undefined || knownType === bareType(value)) return value;
  return compactValue(String(value), knownType);
}

export function isValueType(name: unknown): name is ValueType {
  return TYPE_NAMES.has(name);
}

const TYPE_NAMES: ReadonlySet<unknown> = new Set(valueTypes);

/** The type a bare integer stands for. */
function bareType(number: number, knownType?: ValueType): ValueType {
  return knownType ?? (number < 0 ? "int" : "unsignedInt");
}

function isBareInteger(value: unknown): value is number {
  return typeof value === "number" && isInRange(value, value < 0 ? "int" : "unsignedInt");
}

function isPair(value: unknown): value is readonly [text: string, type: ValueType] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && isValueType(value[1]);
}
