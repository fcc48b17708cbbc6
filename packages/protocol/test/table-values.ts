import fc from "fast-check";
import {
  acsRpcs,
  BASE64,
  deviceRpcs,
  grouped,
  isDateTime,
  MAX_INT,
  MAX_UNSIGNED_INT,
  MIN_INT,
  UNKNOWN_TIME,
  type ArrayField,
  type CompactValue,
  type Fault,
  type Field,
  type Fields,
  type NumberField,
  type ParameterFault,
  type ParameterListKind,
  type RpcDefinition,
  type TextField,
} from "../src/index.ts";
import { dropIllegal } from "../src/xml/characters.ts";

/** Every RPC there is, with the side that answers it. */
export const everyRpc: readonly (readonly [
  answerer: "device" | "acs",
  method: string,
  definition: RpcDefinition,
])[] = [
  ...Object.entries(deviceRpcs).map(([method, definition]) => ["device", method, definition] as const),
  ...Object.entries(acsRpcs).map(([method, definition]) => ["acs", method, definition] as const),
];

/** Values to take in place of what the table allows, by the name of the field. */
export type Narrower = Readonly<Record<string, fc.Arbitrary<unknown>>>;

/** Values of a table's fields that every binding can carry, in their one form: defaults left out, types canonical. */
export function valuesOf(
  fields: Fields,
  narrower: Narrower = {},
): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const members = Object.entries(fields);
  const required = members.filter(([, field]) => field.presence === "required").map(([name]) => name);
  const model = Object.fromEntries(members.map(([name, field]) => [name, memberOf(field, name, narrower)]));
  return fc.record(model, { requiredKeys: required, noNullPrototype: true });
}

function memberOf(field: Field, name: string, narrower: Narrower): fc.Arbitrary<unknown> {
  const values = narrower[name] ?? valueOf(field, narrower);
  return field.presence === "required" ? values : values.filter((value) => !isDefault(value));
}

function isDefault(value: unknown): boolean {
  return value === "" || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
}

function valueOf(field: Field, narrower: Narrower): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case "text":
      return textOf(field);
    case "int":
    case "unsignedInt":
      return numberOf(field);
    case "boolean":
      return fc.boolean();
    case "dateTime":
      return time;
    case "struct":
      return valuesOf(field.fields, narrower);
    case "array":
      return itemsOf(field, narrower);
    case "repeated":
      return fc.array(valueOf(field.item, narrower), { minLength: 1, maxLength: 4 });
    case "variant":
      return fc.oneof(
        ...Object.entries(field.variants).map(([type, fields]) =>
          valuesOf(fields, narrower).map((value) => ({ Type: type, ...value })),
        ),
      );
    case "map":
      return fc.dictionary(fc.string({ maxLength: 20 }), valueOf(field.item, narrower), { maxKeys: 4 });
    case "object":
      return fc.dictionary(fc.string({ maxLength: 20 }), fc.constantFrom(1, "a", null), { maxKeys: 4 });
    case "value":
      return fc.oneof(compactValue, fc.constant(null));
    default:
      return listOf(field.kind);
  }
}

const plain = fc.string({ unit: "binary-ascii", maxLength: 40 });
const anything = fc.oneof(plain, fc.string({ unit: "grapheme", maxLength: 20 })).map(dropIllegal);

/** Names and codes lose the white space around them on the way, so they have none here. */
function textOf({ max, pattern }: TextField): fc.Arbitrary<string> {
  const texts = pattern === undefined ? anything.map((text) => text.trim()) : fc.stringMatching(pattern);
  return texts.filter(
    (text) => Array.from(text).length <= max && text === text.trim() && dropIllegal(text) === text,
  );
}

function numberOf({ kind, ranges }: NumberField): fc.Arbitrary<number> {
  const whole = kind === "int" ? [[MIN_INT, MAX_INT] as const] : [[0, MAX_UNSIGNED_INT] as const];
  return fc.oneof(...(ranges ?? whole).map(([min, max]) => fc.integer({ min, max })));
}

const time = fc.oneof(
  fc.constant(UNKNOWN_TIME),
  fc
    .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
    .map((at) => at.toISOString()),
  fc.constantFrom("2026-02-28T23:59:59", "2024-02-29T00:00:00+05:30", "1970-01-01T00:00:00-14:00"),
);

function itemsOf(
  { item, minItems, maxItems }: ArrayField,
  narrower: Narrower,
): fc.Arbitrary<readonly unknown[]> {
  return fc.array(valueOf(item, narrower), {
    minLength: minItems,
    maxLength: Math.min(maxItems, minItems + 4),
  });
}

/** Objects begin in upper case and leaves in lower, so that no leaf is named like an object beside it. */
const object = fc
  .array(fc.oneof(fc.stringMatching(/^[A-Z][\w-]{0,8}$/), fc.constantFrom("1", "__proto__", "X_00D09E_Y")), {
    minLength: 1,
    maxLength: 4,
  })
  .map((steps) => `${steps.join(".")}.`);
const leaf = fc.oneof(
  fc.stringMatching(/^[a-z][\w-]{0,8}$/),
  fc.constantFrom("__proto__", "constructor", "toString", "1"),
);

function listOf(kind: ParameterListKind): fc.Arbitrary<unknown> {
  const path = fc.tuple(object, leaf).map(([into, name]) => into + name);
  const partial = fc.oneof(path, object);
  const isSet = kind === "set-parameter-attributes";
  switch (kind) {
    case "parameter-values":
      return fc.array(fc.tuple(path, compactValue), { maxLength: 8 }).map(grouped);
    case "parameter-names":
      return fc.array(fc.tuple(partial, fc.boolean()), { maxLength: 8 }).map(grouped);
    case "parameter-attributes":
    case "set-parameter-attributes":
      return fc
        .array(
          fc.tuple(partial, isSet ? fc.record(attributes, { requiredKeys: [] }) : fc.record(attributes)),
          {
            minLength: isSet ? 1 : 0,
            maxLength: 5,
          },
        )
        .map(grouped);
  }
}

const attributes = {
  Notification: fc.integer({ min: 0, max: 2 }),
  AccessList: fc.subarray(["Subscriber"]),
};

/** Faults of a device, those of single parameters included; the message says something. */
export const faults: fc.Arbitrary<Fault> = fc
  .record({
    code: fc.integer({ min: 9000, max: 9899 }),
    message: anything.map((text) => text.trim()).filter((text) => text !== "" && text !== "CWMP fault"),
    data: fc.option(fc.record({ SetParameterValuesFault: fc.array(parameterFault(), { minLength: 1 }) }), {
      nil: undefined,
    }),
  })
  .map(({ code, message, data }) => ({ code, message, ...(data === undefined ? {} : { data }) }));

function parameterFault(): fc.Arbitrary<ParameterFault> {
  return fc.record({
    ParameterName: fc.tuple(object, leaf).map(([into, name]) => into + name),
    FaultCode: fc.integer({ min: 9000, max: 9899 }),
    FaultString: anything.map((text) => text.trim()),
  });
}

/** Pairs are of types and texts that have no bare form. */
export const compactValue: fc.Arbitrary<CompactValue> = fc.oneof(
  anything,
  fc.boolean(),
  fc.integer({ min: MIN_INT, max: MAX_UNSIGNED_INT }),
  fc.integer({ min: 0, max: MAX_INT }).map((number): CompactValue => [String(number), "int"]),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((number): CompactValue => [String(number), "long"]),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((number): CompactValue => [String(number), "unsignedLong"]),
  fc.stringMatching(/^-?[0-9]{1,9}(?:[.][0-9]{1,9})?$/).map((text): CompactValue => [text, "decimal"]),
  fc.stringMatching(/^(?:[0-9A-F]{2}){0,8}$/).map((text): CompactValue => [text, "hexBinary"]),
  fc
    .base64String()
    .filter((text) => BASE64.test(text))
    .map((text): CompactValue => [text, "base64"]),
  time.filter(isDateTime).map((text): CompactValue => [text, "dateTime"]),
);
