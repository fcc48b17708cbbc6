import { Type, type Static, type TSchema } from "typebox";

/** The value a schema describes, read-only all through. */
export type Shape<S extends TSchema> = Frozen<Static<S>>;
/** Stops at {@link JsonObject}, which is read-only as it is and has no end. */
type Frozen<T> = T extends object
  ? JsonValue extends T[keyof T]
    ? T
    : { readonly [K in keyof T]: Frozen<T[K]> }
  : T;

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export type JsonObject = { readonly [name: string]: JsonValue };

/** Any JSON object; what may stand in it is decided by who reads it. */
export const JsonObject = Type.Unsafe<JsonObject>({ type: "object" });

export const Time = Type.String({
  format: "date-time",
  description: "ISO 8601 with a time zone; answers are always in UTC, to the millisecond.",
  examples: ["2026-01-31T12:00:00.000Z"],
});

export const DeviceKey = Type.String({
  maxLength: 512,
  description:
    "`OUI-ProductClass-SerialNumber` (`OUI-SerialNumber` where the product class is empty), every character but " +
    "`[0-9A-Za-z_]` percent-escaped.",
  examples: ["00D09E-IGD-SN0001"],
});

export const OperationId = Type.String({
  pattern: "^[0-9a-f]{32}$",
  description: "32 hexadecimal digits.",
});

/** One page of a list; `next` is left out on the last one. */
export function page<S extends TSchema>(title: string, item: S) {
  return Type.Object(
    {
      items: Type.Array(item),
      next: Type.Optional(Type.String({ description: "Hand it in as `cursor` for the next page." })),
    },
    { title, additionalProperties: false },
  );
}

/** What every list takes. */
export const paging = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: "Items per page." }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 1024, description: "The `next` of the page before this one." }),
  ),
};

export const Wait = Type.Number({
  minimum: 0,
  maximum: 60,
  default: 0,
  description: "Seconds the answer may wait for the operation's end.",
});
