import { isInRange, parseBoolean } from "../model/lexical.ts";
import { emptyMap, isRecord } from "../model/record.ts";
import type { JsonObject, JsonValue } from "../model/json.ts";
import type { XmlElement } from "../xml/element.ts";
import { textElement, wrapElement } from "../xml/writer.ts";
import { isNil, typeOf } from "./list-reader.ts";

/**
 * Reads the content of a vendor's RPC, for which there is no table: an element with children becomes an object, one
 * without a string (a number or boolean where its `xsi:type` says so, null where it is nil), and elements of one name
 * side by side an array. So an item that stands alone reads as itself and not as an array of one.
 */
export function readVendor(element: XmlElement): JsonObject {
  const object = emptyMap<JsonValue>();
  const repeated = new Map<string, JsonValue[]>();
  for (const child of element.children) {
    const value = readLeaf(child);
    const others = repeated.get(child.local);
    if (others === undefined) {
      repeated.set(child.local, [value]);
      object[child.local] = value;
    } else {
      others.push(value);
      object[child.local] = others;
    }
  }
  return object;
}

function readLeaf(element: XmlElement): JsonValue {
  if (isNil(element)) return null;
  if (element.children.length > 0) return readVendor(element);
  const { text } = element;
  switch (typeOf(element)) {
    case "boolean":
      return parseBoolean(text) ?? text;
    case "int":
    case "unsignedInt":
    case "long":
    case "unsignedLong":
    case "decimal":
      return readNumber(text);
    default:
      return text;
  }
}

/** A number that JSON would change stays text. */
function readNumber(text: string): number | string {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  const isExact = Number.isInteger(number) ? Number.isSafeInteger(number) : Number.isFinite(number);
  return isExact ? number : text;
}

/** Writes the same mapping back. Characters that no element name may hold are written as `_`. */
export function writeVendor(object: Readonly<Record<string, unknown>>): string {
  return Object.entries(object)
    .map(([name, value]) => writeMember(name.replaceAll(/[^\w.-]|^[^A-Za-z_]|^$/g, "_"), value))
    .join("");
}

function writeMember(name: string, value: unknown): string {
  if (value === null) return wrapElement(name, "", ' xsi:nil="1"');
  if (Array.isArray(value)) return value.map((item) => writeMember(name, item)).join("");
  if (isRecord(value)) return wrapElement(name, writeVendor(value));
  switch (typeof value) {
    case "string":
      return textElement(name, value);
    case "number":
      return textElement(name, String(value), ` xsi:type="xsd:${numberType(value)}"`);
    case "boolean":
      return textElement(name, value ? "1" : "0", ' xsi:type="xsd:boolean"');
    default:
      return "";
  }
}

function numberType(value: number): "int" | "unsignedInt" | "double" {
  if (isInRange(value, "int")) return "int";
  return isInRange(value, "unsignedInt") ? "unsignedInt" : "double";
}
