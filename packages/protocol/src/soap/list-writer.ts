import { isCompactValue, typedText } from "../model/compact.ts";
import { countGrouped, groupedEntries } from "../model/grouped.ts";
import { lexicalForm } from "../model/lexical.ts";
import { isRecord } from "../model/record.ts";
import type { CompactValue, Grouped, ValueType } from "../model/value.ts";
import type { ParameterListKind } from "../rpc/field.ts";
import { unreachable } from "../unreachable.ts";
import { textElement, wrapElement } from "../xml/writer.ts";
import type { BooleanStyle } from "./envelope.ts";

const STRUCTS: Readonly<Record<ParameterListKind, string>> = {
  "parameter-values": "ParameterValueStruct",
  "parameter-names": "ParameterInfoStruct",
  "parameter-attributes": "ParameterAttributeStruct",
  "set-parameter-attributes": "SetParameterAttributesStruct",
};

/** The content and the attributes of the element that holds a grouped list as a SOAP array of structs. */
export function writeParameterList(
  kind: ParameterListKind,
  list: Grouped<unknown>,
  booleans: BooleanStyle,
): readonly [content: string, attributes: string] {
  const struct = STRUCTS[kind];
  let structs = "";
  for (const [path, value] of groupedEntries(list)) {
    structs += `<${struct}>${textElement("Name", path)}${writeItem(kind, value, booleans)}</${struct}>`;
  }
  return [structs, arrayType(`cwmp:${struct}`, countGrouped(list))];
}

export function arrayType(item: string, count: number): string {
  return ` soap-enc:arrayType="${item}[${String(count)}]"`;
}

/** The flags of RPCs are digits to every device: some cannot read NextLevel in words, whatever their own values are like. */
export function flagText(flag: boolean): string {
  return flag ? "1" : "0";
}

function writeItem(kind: ParameterListKind, value: unknown, booleans: BooleanStyle): string {
  switch (kind) {
    case "parameter-values":
      return writeValue(isCompactValue(value) ? value : null, booleans);
    case "parameter-names":
      return textElement("Writable", flagText(value === true));
    case "parameter-attributes":
      return writeNotification(value) + writeAccessList(value);
    case "set-parameter-attributes":
      return (
        textElement("NotificationChange", flagText(has(value, "Notification"))) +
        writeNotification(value) +
        textElement("AccessListChange", flagText(has(value, "AccessList"))) +
        writeAccessList(value)
      );
    default:
      return unreachable(kind);
  }
}

/**
 * The schema knows no absent value, so "no value" goes as the empty string; and where a text is not one that its type
 * allows, it goes as a string, so that what is written is always valid.
 */
function writeValue(value: CompactValue, booleans: BooleanStyle): string {
  const { text, type } = typedText(value) ?? { text: "", type: "string" };
  const form = typeof value === "boolean" ? booleanText(value, booleans) : lexicalForm(text, type);
  return textElement(
    "Value",
    form ?? text,
    ` xsi:type="${form === undefined ? "xsd:string" : xsiType(type)}"`,
  );
}

function booleanText(value: boolean, style: BooleanStyle): string {
  return style === "words" ? String(value) : flagText(value);
}

/** CWMP takes base64 from SOAP's own encoding types, all others from XML Schema. */
function xsiType(type: ValueType): string {
  return type === "base64" ? "soap-enc:base64" : `xsd:${type}`;
}

function writeNotification(attributes: unknown): string {
  const notification = isRecord(attributes) ? attributes["Notification"] : undefined;
  return textElement("Notification", typeof notification === "number" ? String(notification) : "0");
}

function writeAccessList(attributes: unknown): string {
  const list: unknown = isRecord(attributes) ? attributes["AccessList"] : undefined;
  const entries = Array.isArray(list) ? list.filter((entry) => typeof entry === "string") : [];
  const written = entries.map((entry) => textElement("string", entry)).join("");
  return wrapElement("AccessList", written, arrayType("xsd:string", entries.length));
}

function has(attributes: unknown, name: string): boolean {
  return isRecord(attributes) && attributes[name] !== undefined;
}
