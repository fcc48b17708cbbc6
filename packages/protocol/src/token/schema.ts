import { DATE_TIME, MAX_INT, MAX_UNSIGNED_INT, MIN_INT } from "../model/lexical.ts";
import { valueTypes } from "../model/value.ts";
import type {
  ArrayField,
  Field,
  Fields,
  NumberField,
  NumberRange,
  ParameterListKind,
  TextField,
  VariantField,
} from "../rpc/field.ts";
import { acsRpc, deviceRpc, type AcsMethod, type DeviceMethod, type JsonObject } from "../rpc/table.ts";
import { unreachable } from "../unreachable.ts";
import type { Strictness } from "./spot.ts";

/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 takes it. */
export type JsonSchema = JsonObject;

/** The params of an RPC; those that go to a device are held to what every binding can carry. */
export function requestSchema(method: DeviceMethod | AcsMethod): JsonSchema {
  const called = deviceRpc(method);
  return called === undefined
    ? schemaOf(acsRpc(method)?.request, "kinds")
    : schemaOf(called.request, "schema");
}

/** The result of an RPC that went well. */
export function answerSchema(method: DeviceMethod | AcsMethod): JsonSchema {
  return schemaOf((deviceRpc(method) ?? acsRpc(method))?.answer, "kinds");
}

/** Any object: the params and results of vendors' RPCs. */
export const vendorSchema: JsonSchema = { type: "object" };

function schemaOf(fields: Fields | undefined, strictness: Strictness): JsonSchema {
  return fields === undefined ? vendorSchema : structSchema(fields, strictness);
}

/** `type`: which variant it is, where it is one of several. */
function structSchema(fields: Fields, strictness: Strictness, type?: string): JsonSchema {
  const members = Object.entries(fields);
  const isType = type !== undefined;
  const required = members.filter(([, field]) => field.presence === "required").map(([name]) => name);
  const names = isType ? ["Type", ...required] : required;
  return {
    type: "object",
    properties: {
      ...(isType ? { Type: { const: type } } : {}),
      ...Object.fromEntries(members.map(([name, field]) => [name, fieldSchema(field, strictness)])),
    },
    ...(names.length === 0 ? {} : { required: names }),
    additionalProperties: false,
  };
}

function fieldSchema(field: Field, strictness: Strictness): JsonSchema {
  switch (field.kind) {
    case "text":
      return textSchema(field, strictness);
    case "dateTime":
      return strictness === "schema"
        ? { type: "string", pattern: DATE_TIME.source }
        : { type: "string", maxLength: 64 };
    case "int":
    case "unsignedInt":
      return numberSchema(field, strictness);
    case "boolean":
      return { type: "boolean" };
    case "struct":
      return structSchema(field.fields, strictness);
    case "array":
      return arraySchema(field, strictness);
    case "repeated":
      return { type: "array", items: fieldSchema(field.item, strictness), ...leastItems(1, strictness) };
    case "variant":
      return variantSchema(field, strictness);
    case "parameter-values":
    case "parameter-names":
    case "parameter-attributes":
    case "set-parameter-attributes":
      return listSchema(field.kind, strictness);
    default:
      return unreachable(field);
  }
}

function textSchema({ max, pattern }: TextField, strictness: Strictness): JsonSchema {
  const isHeld = pattern !== undefined && strictness === "schema";
  return { type: "string", maxLength: max, ...(isHeld ? { pattern: pattern.source } : {}) };
}

function numberSchema({ kind, ranges }: NumberField, strictness: Strictness): JsonSchema {
  const whole: NumberRange = kind === "int" ? [MIN_INT, MAX_INT] : [0, MAX_UNSIGNED_INT];
  const allowed = strictness === "schema" && ranges !== undefined ? ranges : [whole];
  const schemas = allowed.map(([minimum, maximum]) => ({ type: "integer", minimum, maximum }));
  const [only] = schemas;
  return schemas.length === 1 && only !== undefined ? only : { anyOf: schemas };
}

function arraySchema({ item, minItems, maxItems }: ArrayField, strictness: Strictness): JsonSchema {
  return {
    type: "array",
    items: fieldSchema(item, strictness),
    ...leastItems(minItems, strictness),
    ...(maxItems === Number.MAX_SAFE_INTEGER ? {} : { maxItems }),
  };
}

function leastItems(least: number, strictness: Strictness): JsonSchema {
  return strictness === "schema" && least > 0 ? { minItems: least } : {};
}

function variantSchema({ variants }: VariantField, strictness: Strictness): JsonSchema {
  const schemas = Object.entries(variants).map(([type, fields]) => structSchema(fields, strictness, type));
  return { oneOf: schemas };
}

/** Grouped by object, leaf names inside [LIGHT 3]. */
function listSchema(kind: ParameterListKind, strictness: Strictness): JsonSchema {
  const isNotEmpty = kind === "set-parameter-attributes" && strictness === "schema";
  return {
    type: "object",
    propertyNames: { pattern: "^$|[.]$" },
    additionalProperties: {
      type: "object",
      propertyNames: { pattern: kind === "parameter-values" ? "^[^.]+$" : "^[^.]*$" },
      additionalProperties: leafSchema(kind, strictness),
    },
    ...(isNotEmpty ? { minProperties: 1 } : {}),
  };
}

function leafSchema(kind: ParameterListKind, strictness: Strictness): JsonSchema {
  switch (kind) {
    case "parameter-values":
      return valueSchema(strictness);
    case "parameter-names":
      return { type: "boolean" };
    case "parameter-attributes":
    case "set-parameter-attributes":
      return attributesSchema(strictness);
    default:
      return unreachable(kind);
  }
}

function valueSchema(strictness: Strictness): JsonSchema {
  const pair = {
    type: "array",
    prefixItems: [{ type: "string" }, { enum: valueTypes }],
    items: false,
    minItems: 2,
  };
  const bare = [
    { type: "string" },
    { type: "boolean" },
    { type: "integer", minimum: MIN_INT, maximum: MAX_UNSIGNED_INT },
  ];
  return { anyOf: strictness === "schema" ? [...bare, pair] : [...bare, pair, { type: "null" }] };
}

function attributesSchema(strictness: Strictness): JsonSchema {
  const isSet = strictness === "schema";
  return {
    type: "object",
    properties: {
      Notification: { type: "integer", ...(isSet ? { minimum: 0, maximum: 6 } : {}) },
      AccessList: {
        type: "array",
        items: isSet ? { const: "Subscriber" } : { type: "string", maxLength: 64 },
      },
    },
    additionalProperties: false,
  };
}
