import { isCompactValue } from "../model/compact.ts";
import { isDateTime, isInRange } from "../model/lexical.ts";
import { emptyMap, isRecord } from "../model/record.ts";
import type {
  ArrayField,
  Field,
  Fields,
  MapField,
  NumberField,
  RepeatedField,
  TextField,
  VariantField,
} from "../rpc/field.ts";
import { unreachable } from "../unreachable.ts";
import { dropIllegal } from "../xml/characters.ts";
import { readJsonObject } from "./json-reader.ts";
import { readParameterList } from "./list-reader.ts";
import { note, refused, within, type Spot } from "./spot.ts";

const MAX_TIME_CHARS = 64;

/**
 * Reads a struct of a token: every field by its kind, unknown ones refused, and those left out that hold their default.
 * What cannot be read is noted with its JSON path.
 */
export function readStruct(fields: Fields, value: unknown, spot: Spot): Record<string, unknown> {
  const struct: Record<string, unknown> = {};
  if (!isRecord(value)) {
    note(spot, "an object is needed");
    return struct;
  }
  if (spot.reading.strictness === "schema") refuseStrangers(fields, value, spot);
  for (const [name, field] of Object.entries(fields)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    const read = readField(field, given, within(spot, name));
    if (read !== undefined) struct[name] = read;
  }
  return struct;
}

/** A field that the other side has and we do not know yet is no reason to refuse what it says. */
function refuseStrangers(fields: Fields, value: Readonly<Record<string, unknown>>, spot: Spot): void {
  const stranger = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (stranger !== undefined) note(within(spot, stranger), "there is no such field");
}

function readField(field: Field, value: unknown, spot: Spot): unknown {
  if (value === undefined) return field.presence === "required" ? refused(spot, "it is missing") : undefined;
  const read = readValue(field, value, spot);
  return field.presence !== "required" && isDefault(read) ? undefined : read;
}

function readValue(field: Field, value: unknown, spot: Spot): unknown {
  switch (field.kind) {
    case "text":
      return readText(field, value, spot);
    case "dateTime":
      return readTime(value, spot);
    case "int":
    case "unsignedInt":
      return readNumber(field, value, spot);
    case "boolean":
      return typeof value === "boolean" ? value : refused(spot, "true or false is needed");
    case "struct":
      return readStruct(field.fields, value, spot);
    case "array":
    case "repeated":
      return readItems(field, value, spot);
    case "variant":
      return readVariant(field, value, spot);
    case "map":
      return readMap(field, value, spot);
    case "object":
      return readJsonObject(value, spot);
    case "value":
      return readCompact(value, spot);
    case "parameter-values":
    case "parameter-names":
    case "parameter-attributes":
    case "set-parameter-attributes":
      return readParameterList(field.kind, value, spot);
    default:
      return unreachable(field);
  }
}

function readText({ max, pattern }: TextField, value: unknown, spot: Spot): unknown {
  if (typeof value !== "string") return refused(spot, "text is needed");
  if (isLonger(value, max)) return refused(spot, `it is longer than ${max} characters`);
  if (spot.reading.strictness === "kinds") return value;
  if (dropIllegal(value) !== value) return refused(spot, "it holds characters that XML cannot carry");
  const fits = pattern === undefined || pattern.test(value);
  return fits ? value : refused(spot, `it is not of the form ${pattern.source}`);
}

/** A surrogate pair is one character. */
function isLonger(text: string, max: number): boolean {
  return text.length > max && Array.from(text).length > max;
}

function readTime(value: unknown, spot: Spot): unknown {
  if (typeof value !== "string" || value.length > MAX_TIME_CHARS) {
    return refused(spot, "a time as text is needed");
  }
  const fits = spot.reading.strictness === "kinds" || isDateTime(value);
  return fits ? value : refused(spot, "it is no dateTime");
}

function readNumber({ kind, ranges }: NumberField, value: unknown, spot: Spot): unknown {
  if (typeof value !== "number" || !isInRange(value, kind)) {
    return refused(spot, `a number of type ${kind} is needed`);
  }
  const isAllowed =
    ranges === undefined || ranges.some(([least, greatest]) => value >= least && value <= greatest);
  if (!isAllowed && spot.reading.strictness === "schema") {
    return refused(spot, "it is none of the numbers allowed");
  }
  // Adding 0 makes 0 of -0.
  return value + 0;
}

function readCompact(value: unknown, spot: Spot): unknown {
  if (!isCompactValue(value)) return refused(spot, "this is no parameter value");
  // Adding 0 makes 0 of -0.
  return typeof value === "number" ? value + 0 : value;
}

function readItems(field: ArrayField | RepeatedField, value: unknown, spot: Spot): unknown {
  if (!Array.isArray(value)) return refused(spot, "a list is needed");
  const items: readonly unknown[] = value;
  const [least, greatest] =
    field.kind === "array" ? [field.minItems, field.maxItems] : [1, Number.MAX_SAFE_INTEGER];
  if (items.length > greatest) return refused(spot, `it has more than ${greatest} items`);
  if (items.length < least && spot.reading.strictness === "schema") {
    return refused(spot, `it has fewer than ${least} items`);
  }
  return items.map((item, index) => readValue(field.item, item, within(spot, index)));
}

function readVariant({ variants }: VariantField, value: unknown, spot: Spot): unknown {
  const type = isRecord(value) ? value["Type"] : undefined;
  const fields = typeof type === "string" && Object.hasOwn(variants, type) ? variants[type] : undefined;
  if (!isRecord(value) || fields === undefined) {
    return refused(within(spot, "Type"), `one of ${Object.keys(variants).join(", ")} is needed`);
  }
  const { Type: _, ...rest } = value;
  return { Type: type, ...readStruct(fields, rest, spot) };
}

function readMap({ item }: MapField, value: unknown, spot: Spot): unknown {
  if (!isRecord(value)) return refused(spot, "an object is needed");
  const read = emptyMap<unknown>();
  for (const [name, member] of Object.entries(value))
    read[name] = readValue(item, member, within(spot, name));
  return read;
}

function isDefault(value: unknown): boolean {
  return value === "" || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
}
