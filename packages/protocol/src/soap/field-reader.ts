import { parseBoolean, parseInteger, UNKNOWN_TIME } from "../model/lexical.ts";
import type { ArrayField, Field, Fields, NumberField, RepeatedField, VariantField } from "../rpc/field.ts";
import { unreachable } from "../unreachable.ts";
import { attributeOf, childOf, localPart } from "../xml/element.ts";
import type { XmlElement } from "../xml/element.ts";
import { noteProblem } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { readParameterList } from "./list-reader.ts";
import { readVendor } from "./vendor.ts";

/** Without these a message says nothing; everything else that is missing has a default. */
const INDISPENSABLE: ReadonlySet<string> = new Set(["DeviceId", "SerialNumber", "InstanceNumber"]);

/** Names and codes, which devices sometimes write with white space around them. Other texts stay as they were sent. */
const TRIMMED: ReadonlySet<string> = new Set(["EventCode", "ObjectName", "ParameterPath", "string"]);

/** Numbers of no consequence: what is no number there reads as if it were missing. */
const UNIMPORTANT: ReadonlySet<string> = new Set(["MaxEnvelopes", "RetryCount"]);

const NOTHING: XmlElement = {
  name: "",
  prefix: "",
  local: "",
  attributes: [],
  children: [],
  text: "",
  scope: { declared: new Map(), outer: undefined },
};

/** The element that holds a struct's fields. */
export interface StructSource {
  readonly parent: XmlElement;
  /** The path of that element, for problems. */
  readonly at: string;
  readonly findings: Findings;
}

/** Where a value stands: the name of its element inside the struct's. */
interface Place extends StructSource {
  readonly name: string;
}

/**
 * Reads a struct's fields, in any order and by local name. Missing ones get their default: "", 0, false, an empty list,
 * the unknown time. A field that may be left out is, where it holds its default.
 */
export function readStruct(fields: Fields, source: StructSource): Readonly<Record<string, unknown>> {
  const struct: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = readField(field, { name, ...source });
    if (value !== undefined) struct[name] = value;
  }
  return struct;
}

function readField(field: Field, place: Place): unknown {
  const element = childOf(place.parent, place.name);
  if (element === undefined) {
    if (field.presence === "optional") return undefined;
    if (INDISPENSABLE.has(place.name)) note(place, "it is missing");
  }
  const value = readValue(field, element ?? NOTHING, place);
  return field.presence !== "required" && isDefault(value) ? undefined : value;
}

function readValue(field: Field, element: XmlElement, place: Place): unknown {
  switch (field.kind) {
    case "text":
      return TRIMMED.has(place.name) ? element.text.trim() : element.text;
    case "int":
    case "unsignedInt":
      return readNumber(field, element, place);
    case "boolean":
      return readBoolean(element, place);
    case "dateTime":
      return element.text.trim() === "" ? UNKNOWN_TIME : element.text.trim();
    case "struct":
      return readStruct(field.fields, inside(place, element));
    case "array":
      return readArray(field, place);
    case "repeated":
      return readRepeated(field, place);
    case "variant":
      return readVariant(field, element, place);
    case "map":
    case "object":
    case "value":
      return readVendor(element);
    case "parameter-values":
    case "parameter-names":
    case "parameter-attributes":
    case "set-parameter-attributes":
      return readParameterList(field.kind, itemsOf(place, ["Name"]), place.findings);
    default:
      return unreachable(field);
  }
}

function readNumber(field: NumberField, element: XmlElement, place: Place): number {
  const missing = place.name === "MaxEnvelopes" ? 1 : 0;
  if (element.text.trim() === "") return missing;
  const number = parseInteger(element.text, field.kind);
  if (number === undefined && !UNIMPORTANT.has(place.name)) note(place, `it is no ${field.kind}`);
  return number ?? missing;
}

function readBoolean(element: XmlElement, place: Place): boolean {
  const text = element.text.trim();
  const value = text === "" ? false : parseBoolean(text);
  if (value === undefined) note(place, "it is no boolean");
  return value ?? false;
}

/** An event without a code tells nothing and is left out. */
function readArray(field: ArrayField, place: Place): readonly unknown[] {
  const { item, itemName } = field;
  const members = item.kind === "struct" ? Object.keys(item.fields) : [];
  const inner = { ...place, name: itemName, at: pathOf(place) };
  const items = itemsOf(place, members).filter(
    (element) => itemName !== "EventStruct" || hasEventCode(element),
  );
  return items.map((element) => readValue(item, element, inner));
}

function hasEventCode(event: XmlElement): boolean {
  return (childOf(event, "EventCode")?.text ?? "").trim() !== "";
}

/**
 * The items of a list: what stands inside the list's element, whatever it is called. Where a device leaves the items'
 * own element out, or repeats the list's, the items are found all the same: by their members, or by their text.
 */
function itemsOf(place: Place, members: readonly string[]): readonly XmlElement[] {
  const lists = place.parent.children.filter((child) => child.local === place.name);
  const [only] = lists;
  if (lists.length === 1 && only !== undefined && !isItem(only, members)) return only.children;
  return lists.flatMap((list) => (isItem(list, members) ? [list] : list.children));
}

function isItem(list: XmlElement, members: readonly string[]): boolean {
  const [first] = list.children;
  return first === undefined
    ? members.length === 0 && list.text.trim() !== ""
    : members.includes(first.local);
}

function readRepeated(field: RepeatedField, place: Place): readonly unknown[] {
  const elements = place.parent.children.filter((child) => child.local === place.name);
  return elements.map((element) => readValue(field.item, element, place));
}

function readVariant(field: VariantField, element: XmlElement, place: Place): unknown {
  const type = localPart(attributeOf(element, "type") ?? "");
  const fields = Object.hasOwn(field.variants, type) ? field.variants[type] : undefined;
  if (fields !== undefined) return { Type: type, ...readStruct(fields, inside(place, element)) };
  note(place, "its xsi:type is missing or unknown");
  return undefined;
}

function isDefault(value: unknown): boolean {
  return value === "" || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
}

function inside(place: Place, element: XmlElement): StructSource {
  return { parent: element, at: pathOf(place), findings: place.findings };
}

function pathOf(place: Place): string {
  return `${place.at}/${place.name}`;
}

function note(place: Place, detail: string): void {
  noteProblem(place.findings, pathOf(place), detail);
}
