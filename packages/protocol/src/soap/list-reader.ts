import { compactValue } from "../model/compact.ts";
import { groupedBuilder, groupedEntries } from "../model/grouped.ts";
import { parseBoolean, parseInteger } from "../model/lexical.ts";
import type { Attributes, CompactValue, Grouped, ValueType } from "../model/value.ts";
import type { ParameterListKind } from "../rpc/field.ts";
import { unreachable } from "../unreachable.ts";
import { attributeOf, childOf, localPart } from "../xml/element.ts";
import type { XmlElement } from "../xml/element.ts";
import { noteBoolean } from "./findings.ts";
import type { Findings } from "./findings.ts";

type ListValue = CompactValue | Attributes;

/** Reads the structs of a parameter list into the grouped form; structs without a name are left out. */
export function readParameterList(
  kind: ParameterListKind,
  items: readonly XmlElement[],
  findings: Findings,
): Grouped<ListValue> {
  const builder = groupedBuilder<ListValue>();
  for (const item of items) {
    const path = (childOf(item, "Name")?.text ?? "").trim();
    if (path !== "") builder.set(path, readItem(kind, item, findings));
  }
  return kind === "parameter-names" ? withDottedObjects(builder.build()) : builder.build();
}

function readItem(kind: ParameterListKind, item: XmlElement, findings: Findings): ListValue {
  switch (kind) {
    case "parameter-values":
      return readValue(item, findings);
    case "parameter-names":
      return readFlag(childOf(item, "Writable"));
    case "parameter-attributes":
      return { Notification: readNotification(item), AccessList: readAccessList(item) };
    case "set-parameter-attributes":
      return {
        ...(readFlag(childOf(item, "NotificationChange")) ? { Notification: readNotification(item) } : {}),
        ...(readFlag(childOf(item, "AccessListChange")) ? { AccessList: readAccessList(item) } : {}),
      };
    default:
      return unreachable(kind);
  }
}

/** A value that is not there is not the empty string: it is no value. */
function readValue(item: XmlElement, findings: Findings): CompactValue {
  const element = childOf(item, "Value");
  if (element === undefined || isNil(element)) return null;
  const value = compactValue(element.text, typeOf(element));
  if (typeof value === "boolean") noteBoolean(findings, element.text.trim());
  return value;
}

export function isNil(element: XmlElement): boolean {
  return element.attributes.length > 0 && parseBoolean(attributeOf(element, "nil") ?? "") === true;
}

/** Every type name a device may write, in lower case: those of TR-106, and the kindred ones of XML Schema. */
const TYPES: ReadonlyMap<string, ValueType> = new Map<string, ValueType>([
  ["string", "string"],
  ["int", "int"],
  ["short", "int"],
  ["byte", "int"],
  ["unsignedint", "unsignedInt"],
  ["unsignedshort", "unsignedInt"],
  ["unsignedbyte", "unsignedInt"],
  ["long", "long"],
  ["integer", "long"],
  ["unsignedlong", "unsignedLong"],
  ["nonnegativeinteger", "unsignedLong"],
  ["boolean", "boolean"],
  ["datetime", "dateTime"],
  ["base64", "base64"],
  ["base64binary", "base64"],
  ["hexbinary", "hexBinary"],
  ["decimal", "decimal"],
  ["float", "decimal"],
  ["double", "decimal"],
]);

/** By `xsi:type`, without its prefix and without a length such as `string(64)`; a string where it says nothing known. */
export function typeOf(element: XmlElement): ValueType {
  const name = localPart(attributeOf(element, "type") ?? "string");
  return TYPES.get(name) ?? TYPES.get(name.replace(/\(.*$/s, "").toLowerCase()) ?? "string";
}

function readFlag(element: XmlElement | undefined): boolean {
  return parseBoolean(element?.text ?? "") ?? false;
}

function readNotification(item: XmlElement): number {
  return parseInteger(childOf(item, "Notification")?.text ?? "", "int") ?? 0;
}

function readAccessList(item: XmlElement): readonly string[] {
  return (childOf(item, "AccessList")?.children ?? []).map((entry) => entry.text.trim());
}

/** Some devices name an object without its dot; one that has members in the same list is surely an object. */
function withDottedObjects(names: Grouped<ListValue>): Grouped<ListValue> {
  const builder = groupedBuilder<ListValue>();
  for (const [path, flag] of groupedEntries(names)) {
    builder.set(Object.hasOwn(names, `${path}.`) && !path.endsWith(".") ? `${path}.` : path, flag);
  }
  return builder.build();
}
