import { isInRange } from "../model/lexical.ts";
import { emptyMap, isRecord } from "../model/record.ts";
import type { ArrayField, Field, Fields, NumberField, TextField, VariantField } from "../rpc/field.ts";
import { unreachable } from "../unreachable.ts";
import { readParameterList } from "./list-reader.ts";
import { note, spend, within, type Spot } from "./spot.ts";

/**
 * Reads a struct of a token: every field by its kind, unknown ones refused, and those left out that hold their default.
 * What cannot be read is noted with its JSON path.
 */
export function readStruct(fields: Fields, value: unknown, spot: Spot): Record<string, unknown> {
  const struct = emptyMap<unknown>();
  if (!isRecord(value)) {
    note(spot, "an object is needed");
    return struct;
  }
  const stranger = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (stranger !== undefined) note(within(spot, stranger), "there is no such field");
  for (const [name, field] of Object.entries(fields)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    const read = readField(field, given, within(spot, name));
    if (read !== undefined) struct[name] = read;
  }
  return struct;
}

function readField(field: Field, value: unknown, spot: Spot): unknown {
  if (value === undefined) {
    if (field.presence === "required") note(spot, "it is missing");
    return undefined;
  }
  const read = readValue(field, value, spot);
  return field.presence !== "required" && isDefault(read) ? undefined : read;
}

function readValue(field: Field, value: unknown, spot: Spot): unknown {
  switch (field.kind) {
    case "text":
      return readText(field, value, spot);
    case "dateTime":
      return typeof value === "string" ? value : refused(spot, "a time as text is needed");
    case "int":
    case "unsignedInt":
      return readNumber(field, value, spot);
    case "boolean":
      return typeof value === "boolean" ? value : refused(spot, "true or false is needed");
    case "struct":
      return readStruct(field.fields, value, spot);
    case "array":
      return readItems(field, field.maxItems, { value, spot });
    case "repeated":
      return readItems(field, Number.MAX_SAFE_INTEGER, { value, spot });
    case "variant":
      return readVariant(field, value, spot);
    case "parameter-values":
    case "parameter-names":
    case "parameter-attributes":
    case "set-parameter-attributes":
      return readParameterList(field.kind, value, spot);
    default:
      return unreachable(field);
  }
}

function readText({ max }: TextField, value: unknown, spot: Spot): unknown {
  if (typeof value !== "string") return refused(spot, "text is needed");
  return value.length <= max ? value : refused(spot, `it is longer than ${max} characters`);
}

function readNumber({ kind }: NumberField, value: unknown, spot: Spot): unknown {
  const fits = typeof value === "number" && Number.isInteger(value) && isInRange(value, kind);
  return fits ? value : refused(spot, `a number of type ${kind} is needed`);
}

function readItems(
  field: { readonly item: ArrayField["item"] },
  maxItems: number,
  { value, spot }: { readonly value: unknown; readonly spot: Spot },
): unknown {
  if (!Array.isArray(value)) return refused(spot, "a list is needed");
  const items: readonly unknown[] = value;
  if (items.length > maxItems) return refused(spot, `it has more than ${maxItems} items`);
  if (!spend(spot, items.length)) return undefined;
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

function isDefault(value: unknown): boolean {
  return value === "" || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
}

function refused(spot: Spot, detail: string): undefined {
  note(spot, detail);
  return undefined;
}
