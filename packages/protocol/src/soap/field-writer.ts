import { isDateTime, UNKNOWN_TIME } from "../model/lexical.ts";
import { emptyMap, isRecord } from "../model/record.ts";
import type { Grouped } from "../model/value.ts";
import type { ArrayField, Field, Fields, VariantField } from "../rpc/field.ts";
import { unreachable } from "../unreachable.ts";
import { textElement, wrapElement } from "../xml/writer.ts";
import type { BooleanStyle } from "./envelope.ts";
import { arrayType, flagText, writeParameterList } from "./list-writer.ts";
import { writeVendor } from "./vendor.ts";

interface Member {
  readonly name: string;
  readonly value: unknown;
  readonly booleans: BooleanStyle;
}

/**
 * Writes a struct's fields in the order of the table, which is the schema's. A field that tokens leave out at its default
 * is written all the same; only an optional one may be absent.
 */
export function writeStruct(fields: Fields, struct: unknown, booleans: BooleanStyle): string {
  const values = isRecord(struct) ? struct : emptyMap<unknown>();
  let written = "";
  for (const [name, field] of Object.entries(fields)) {
    const value = values[name];
    if (value !== undefined || field.presence !== "optional") {
      written += writeField(field, { name, value, booleans });
    }
  }
  return written;
}

function writeField(field: Field, member: Member): string {
  const { name, value, booleans } = member;
  switch (field.kind) {
    case "text":
      return textElement(name, typeof value === "string" ? value : "");
    case "int":
    case "unsignedInt":
      return textElement(name, typeof value === "number" ? String(value) : "0");
    case "boolean":
      return textElement(name, flagText(value === true));
    case "dateTime":
      return textElement(name, typeof value === "string" && isDateTime(value) ? value : UNKNOWN_TIME);
    case "struct":
      return wrapElement(name, writeStruct(field.fields, value, booleans));
    case "array":
      return writeArray(field, member);
    case "repeated":
      return writeItems(field.item, member);
    case "variant":
      return writeVariant(field, member);
    case "map":
    case "object":
    case "value":
      return wrapElement(name, writeVendor(isRecord(value) ? value : {}));
    case "parameter-values":
    case "parameter-names":
    case "parameter-attributes":
    case "set-parameter-attributes":
      return wrapElement(name, ...writeParameterList(field.kind, isGrouped(value) ? value : {}, booleans));
    default:
      return unreachable(field);
  }
}

function writeArray({ item, itemName, itemPrefix }: ArrayField, { name, value, booleans }: Member): string {
  const count = Array.isArray(value) ? value.length : 0;
  const items = writeItems(item, { name: itemName, value, booleans });
  return wrapElement(name, items, arrayType(`${itemPrefix}:${itemName}`, count));
}

function writeItems(item: Field, { name, value, booleans }: Member): string {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  return items.map((entry) => writeField(item, { name, value: entry, booleans })).join("");
}

function writeVariant(field: VariantField, { name, value, booleans }: Member): string {
  const type = isRecord(value) ? value["Type"] : undefined;
  const fields =
    typeof type === "string" && Object.hasOwn(field.variants, type) ? field.variants[type] : undefined;
  if (typeof type !== "string" || fields === undefined) return "";
  return wrapElement(name, writeStruct(fields, value, booleans), ` xsi:type="cwmp:${type}"`);
}

function isGrouped(value: unknown): value is Grouped<unknown> {
  return isRecord(value) && Object.values(value).every(isRecord);
}
