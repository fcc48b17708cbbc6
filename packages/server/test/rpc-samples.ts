import assert from "node:assert/strict";
import { acsRpcs, deviceRpcs, grouped } from "@heliograph/protocol";
import type {
  CompactValue,
  Field,
  Fields,
  JsonObject,
  NumberField,
  ParameterListKind,
  TextField,
} from "@heliograph/protocol";

/** One RPC with all its fields, in a form that every binding can carry. */
export interface RpcSample {
  readonly answerer: "device" | "acs";
  readonly method: string;
  readonly params: JsonObject;
  readonly result: JsonObject;
}

/** Texts that some pattern asks for; the first is for whatever asks for none. */
const texts = [
  "snow & ice <é>",
  "Device.A.",
  "Device.A.B",
  "1 BOOT",
  "M Download",
  "001122",
  "https://a.example/b",
];
const more = ["1 Firmware Upgrade Image", "X 001122 Other", "A1b2", "1.2.3.4", "", "urn:a:b", "Install", "1"];
const uuids = ["00000000-0000-5000-8000-000000000000", "1 At Any Time", "Idle", "Installed"];

function sampleOf(fields: Fields): JsonObject {
  const sample: unknown = JSON.parse(
    JSON.stringify(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, valueOf(field)]))),
  );
  assert.ok(isObject(sample));
  return sample;
}

function valueOf(field: Field): unknown {
  switch (field.kind) {
    case "text":
      return textOf(field);
    case "int":
    case "unsignedInt":
      return numberOf(field);
    case "boolean":
      return true;
    case "dateTime":
      return "2026-01-31T12:00:00Z";
    case "struct":
      return sampleOf(field.fields);
    case "array":
      return itemsOf(field.item).slice(0, field.maxItems);
    case "repeated":
      return itemsOf(field.item);
    case "variant":
      return variantsOf(field)[0];
    case "map":
      return { name: valueOf(field.item) };
    case "object":
      return { name: 1 };
    case "value":
      return "a";
    default:
      return listOf(field.kind);
  }
}

/** Of an item that may be of several kinds one of each, of others two. */
function itemsOf(item: Field): readonly unknown[] {
  return item.kind === "variant" ? variantsOf(item) : [valueOf(item), valueOf(item)];
}

function variantsOf({ variants }: Extract<Field, { readonly kind: "variant" }>): readonly JsonObject[] {
  return Object.entries(variants).map(([Type, fields]) => ({ Type, ...sampleOf(fields) }));
}

function textOf({ max, pattern }: TextField): string {
  const fits = [...texts, ...more, ...uuids].find(
    (text) => text.length <= max && (pattern?.test(text) ?? true),
  );
  assert.ok(fits !== undefined, `no text is like ${String(pattern)}`);
  return fits;
}

function numberOf({ ranges }: NumberField): number {
  return ranges?.[0]?.[1] ?? 7;
}

function listOf(kind: ParameterListKind): unknown {
  switch (kind) {
    case "parameter-values":
      return grouped<CompactValue>([
        ["Device.A.Text", "é <&>"],
        ["Device.A.Flag", false],
        ["Device.A.__proto__", -5],
        ["Device.B.1.Time", ["2026-01-31T00:00:00Z", "dateTime"]],
        ["Device.B.1.Long", ["18446744073709551615", "unsignedLong"]],
      ]);
    case "parameter-names":
      return grouped([
        ["Device.A.", false],
        ["Device.A.Text", true],
      ]);
    case "parameter-attributes":
    case "set-parameter-attributes":
      return grouped([["Device.A.Text", { Notification: 2, AccessList: ["Subscriber"] }]]);
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One for each RPC there is. */
export const rpcSamples: readonly RpcSample[] = [
  ...Object.entries(deviceRpcs).map(([method, { request, answer }]) => ({
    ...{ answerer: "device" as const, method, params: sampleOf(request), result: sampleOf(answer) },
  })),
  ...Object.entries(acsRpcs).map(([method, { request, answer }]) => ({
    ...{ answerer: "acs" as const, method, params: sampleOf(request), result: sampleOf(answer) },
  })),
];
