import { DATE_TIME, MAX_INT, MAX_UNSIGNED_INT, MIN_INT } from "../model/lexical.ts";
import type { JsonObject } from "../model/json.ts";
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
import { acsRpc, deviceRpc, type AcsMethod, type DeviceMethod } from "../rpc/table.ts";
import { unreachable } from "../unreachable.ts";

/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 takes it. */
export type JsonSchema = JsonObject;

/**
 * What a schema is of: what a device may be asked to do, so that nothing stands in it that cannot be set; what may be
 * written otherwise, where a value may be none; or what is read, of which kinds and lengths are asked.
 */
export type SchemaForm = "asked" | "written" | "read";

/** The params of an RPC; those that go to a device are held to what every binding can carry. */
export function requestSchema(method: DeviceMethod | AcsMethod): JsonSchema {
  const called = deviceRpc(method);
  return called === undefined ? schemaOf(acsRpc(method)?.request, "read") : schemaOf(called.request, "asked");
}

/** The result of an RPC that went well. */
export function answerSchema(method: DeviceMethod | AcsMethod): JsonSchema {
  return schemaOf((deviceRpc(method) ?? acsRpc(method))?.answer, "read");
}

/** Any object: the params and results of vendors' RPCs. */
export const vendorSchema: JsonSchema = { type: "object" };

function schemaOf(fields: Fields | undefined, form: SchemaForm): JsonSchema {
  return fields === undefined ? vendorSchema : structSchema(fields, form);
}

/** The object that has the fields of a table. `type`: which variant it is, where it is one of several. */
export function structSchema(fields: Fields, form: SchemaForm, type?: string): JsonSchema {
  const members = Object.entries(fields);
  const isType = type !== undefined;
  const required = members.filter(([, field]) => field.presence === "required").map(([name]) => name);
  const names = isType ? ["Type", ...required] : required;
  return {
    type: "object",
    properties: {
      ...(isType ? { Type: { const: type } } : {}),
      ...Object.fromEntries(members.map(([name, field]) => [name, fieldSchema(field, form)])),
    },
    ...(names.length === 0 ? {} : { required: names }),
    ...(form !== "read" ? { additionalProperties: false } : {}),
  };
}

function fieldSchema(field: Field, form: SchemaForm): JsonSchema {
  switch (field.kind) {
    case "text":
      return textSchema(field, form);
    case "dateTime":
      return form !== "read"
        ? { type: "string", pattern: DATE_TIME.source }
        : { type: "string", maxLength: 64 };
    case "int":
    case "unsignedInt":
      return numberSchema(field, form);
    case "boolean":
      return { type: "boolean" };
    case "struct":
      return structSchema(field.fields, form);
    case "array":
      return arraySchema(field, form);
    case "repeated":
      return { type: "array", items: fieldSchema(field.item, form), ...leastItems(1, form) };
    case "variant":
      return variantSchema(field, form);
    case "map":
      return { type: "object", additionalProperties: fieldSchema(field.item, form) };
    case "object":
      return vendorSchema;
    case "value":
      return valueSchema(form);
    case "parameter-values":
    case "parameter-names":
    case "parameter-attributes":
    case "set-parameter-attributes":
      return listSchema(field.kind, form);
    default:
      return unreachable(field);
  }
}

function textSchema({ max, pattern }: TextField, form: SchemaForm): JsonSchema {
  const isHeld = pattern !== undefined && form !== "read";
  return { type: "string", maxLength: max, ...(isHeld ? { pattern: pattern.source } : {}) };
}

function numberSchema({ kind, ranges }: NumberField, form: SchemaForm): JsonSchema {
  const whole: NumberRange = kind === "int" ? [MIN_INT, MAX_INT] : [0, MAX_UNSIGNED_INT];
  const allowed = form !== "read" && ranges !== undefined ? ranges : [whole];
  const schemas = allowed.map(([minimum, maximum]) => ({ type: "integer", minimum, maximum }));
  const [only] = schemas;
  return schemas.length === 1 && only !== undefined ? only : { anyOf: schemas };
}

function arraySchema({ item, minItems, maxItems }: ArrayField, form: SchemaForm): JsonSchema {
  return {
    type: "array",
    items: fieldSchema(item, form),
    ...leastItems(minItems, form),
    ...(maxItems === Number.MAX_SAFE_INTEGER ? {} : { maxItems }),
  };
}

function leastItems(least: number, form: SchemaForm): JsonSchema {
  return form !== "read" && least > 0 ? { minItems: least } : {};
}

function variantSchema({ variants }: VariantField, form: SchemaForm): JsonSchema {
  const schemas = Object.entries(variants).map(([type, fields]) => structSchema(fields, form, type));
  return { oneOf: schemas };
}

/** Grouped by object, leaf names inside [LIGHT 3]. */
function listSchema(kind: ParameterListKind, form: SchemaForm): JsonSchema {
  const isNotEmpty = kind === "set-parameter-attributes" && form !== "read";
  return {
    type: "object",
    propertyNames: { pattern: "^$|[.]$" },
    additionalProperties: {
      type: "object",
      propertyNames: { pattern: kind === "parameter-values" ? "^[^.]+$" : "^[^.]*$" },
      additionalProperties: leafSchema(kind, form),
    },
    ...(isNotEmpty ? { minProperties: 1 } : {}),
  };
}

function leafSchema(kind: ParameterListKind, form: SchemaForm): JsonSchema {
  switch (kind) {
    case "parameter-values":
      return valueSchema(form);
    case "parameter-names":
      return { type: "boolean" };
    case "parameter-attributes":
    case "set-parameter-attributes":
      return attributesSchema(form);
    default:
      return unreachable(kind);
  }
}

/** One parameter value in its compact form [LIGHT 3]. */
export function valueSchema(form: SchemaForm): JsonSchema {
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
  return { anyOf: form === "asked" ? [...bare, pair] : [...bare, pair, { type: "null" }] };
}

function attributesSchema(form: SchemaForm): JsonSchema {
  const isHeld = form !== "read";
  return {
    type: "object",
    properties: {
      Notification: { type: "integer", ...(isHeld ? { minimum: 0, maximum: 6 } : {}) },
      AccessList: {
        type: "array",
        items: isHeld ? { const: "Subscriber" } : { type: "string", maxLength: 64 },
      },
    },
    additionalProperties: false,
  };
}
