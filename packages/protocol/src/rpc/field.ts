import type { JsonObject } from "../model/json.ts";
import type { CompactValue, ParameterAttributes, ParameterNames, ParameterValues } from "../model/value.ts";

/**
 * How a field stands in a message: always there; left out of tokens where it holds its default, but always written in
 * SOAP; or left out of both.
 */
export type Presence = "required" | "defaulted" | "optional";

interface Base<P extends Presence> {
  readonly presence: P;
}

export interface TextField<P extends Presence = Presence> extends Base<P> {
  readonly kind: "text";
  /** Characters. */
  readonly max: number;
  /** Matches the whole text of what may be written; what is read is not held to it. */
  readonly pattern?: RegExp;
}
export interface NumberField<P extends Presence = Presence> extends Base<P> {
  readonly kind: "int" | "unsignedInt";
  /** What may be written; what is read is not held to it. */
  readonly ranges?: readonly NumberRange[];
}
export type NumberRange = readonly [least: number, greatest: number];
export interface BooleanField<P extends Presence = Presence> extends Base<P> {
  readonly kind: "boolean";
}
/** Kept as the text that was sent: devices without a clock send years 0001 and 1970, and worse. */
export interface TimeField<P extends Presence = Presence> extends Base<P> {
  readonly kind: "dateTime";
}
export interface StructField<F extends Fields = Fields, P extends Presence = Presence> extends Base<P> {
  readonly kind: "struct";
  readonly fields: F;
}
/** A SOAP-encoded array: one element that holds items of one name. */
export interface ArrayField<I extends Field = Field, P extends Presence = Presence> extends Base<P> {
  readonly kind: "array";
  /** The items' element name, which is also the type in `arrayType`. */
  readonly itemName: string;
  /** `xsd` for simple items, `soap-enc` for those of SOAP's own types, `cwmp` for structs. */
  readonly itemPrefix: "xsd" | "soap-enc" | "cwmp";
  readonly item: I;
  /** How many may be written; what is read may be empty. */
  readonly minItems: number;
  readonly maxItems: number;
}
/** A field that stands in the message once for each item, and at least once, without an array around them. */
export interface RepeatedField<I extends Field = Field, P extends Presence = Presence> extends Base<P> {
  readonly kind: "repeated";
  readonly item: I;
}
/** One of several structs, told apart in SOAP by `xsi:type` and in tokens by the member `Type`. */
export interface VariantField<
  V extends Readonly<Record<string, Fields>> = Readonly<Record<string, Fields>>,
  P extends Presence = Presence,
> extends Base<P> {
  readonly kind: "variant";
  readonly variants: V;
}
/** An object whose members are named by data, such as channels, and all of one kind; no CWMP message has one. */
export interface MapField<I extends Field = Field, P extends Presence = Presence> extends Base<P> {
  readonly kind: "map";
  readonly item: I;
}
/** Any object, which is nobody's but of those who agreed on it; no CWMP message has one. */
export interface ObjectField<P extends Presence = Presence> extends Base<P> {
  readonly kind: "object";
}
/** One parameter's value in its compact form, null where there is none; no CWMP message has one. */
export interface ValueField<P extends Presence = Presence> extends Base<P> {
  readonly kind: "value";
}
/** The parameter lists, each with its grouped form in tokens and its list of structs in SOAP. */
export interface ParameterField<
  K extends ParameterListKind = ParameterListKind,
  P extends Presence = Presence,
> extends Base<P> {
  readonly kind: K;
}
export type ParameterListKind =
  "parameter-values" | "parameter-names" | "parameter-attributes" | "set-parameter-attributes";

export type Field =
  | TextField
  | NumberField
  | BooleanField
  | TimeField
  | StructField
  | ArrayField
  | RepeatedField
  | VariantField
  | MapField
  | ObjectField
  | ValueField
  | ParameterField;

/** In the order of the schema, which is the order on the wire. */
export type Fields = { readonly [name: string]: Field };

/** The value a field holds. */
export type ValueOf<F> = F extends TextField | TimeField
  ? string
  : F extends NumberField
    ? number
    : F extends BooleanField
      ? boolean
      : F extends StructField<infer S>
        ? StructOf<S>
        : F extends ArrayField<infer I>
          ? readonly ValueOf<I>[]
          : F extends RepeatedField<infer I>
            ? readonly ValueOf<I>[]
            : F extends VariantField<infer V>
              ? { [K in keyof V]: { readonly Type: K } & StructOf<V[K]> }[keyof V]
              : F extends MapField<infer I>
                ? { readonly [name: string]: ValueOf<I> }
                : F extends ObjectField
                  ? JsonObject
                  : F extends ValueField
                    ? CompactValue
                    : F extends ParameterField<infer K>
                      ? ParameterListOf<K>
                      : never;

export type StructOf<F> = {
  readonly [N in keyof F as F[N] extends { presence: "required" } ? N : never]: ValueOf<F[N]>;
} & {
  readonly [N in keyof F as F[N] extends { presence: "required" } ? never : N]?: ValueOf<F[N]>;
};

export type ParameterListOf<K extends ParameterListKind> = K extends "parameter-values"
  ? ParameterValues
  : K extends "parameter-names"
    ? ParameterNames
    : ParameterAttributes;

/** How many items an array may have; any number unless said otherwise. */
export interface ItemBounds {
  readonly least?: number;
  readonly greatest?: number;
}

export function text(max: number, pattern?: RegExp): TextField<"required"> {
  return { kind: "text", max, presence: "required", ...(pattern === undefined ? {} : { pattern }) };
}
export function unsignedInt(...ranges: readonly NumberRange[]): NumberField<"required"> {
  return { kind: "unsignedInt", presence: "required", ...(ranges.length === 0 ? {} : { ranges }) };
}
export function int(...ranges: readonly NumberRange[]): NumberField<"required"> {
  return { kind: "int", presence: "required", ...(ranges.length === 0 ? {} : { ranges }) };
}
export function boolean(): BooleanField<"required"> {
  return { kind: "boolean", presence: "required" };
}
export function dateTime(): TimeField<"required"> {
  return { kind: "dateTime", presence: "required" };
}
export function struct<const F extends Fields>(fields: F): StructField<F, "required"> {
  return { kind: "struct", fields, presence: "required" };
}
export function textArray(
  item: TextField<"required">,
  items: ItemBounds = {},
): ArrayField<TextField<"required">, "required"> {
  return {
    kind: "array",
    itemName: "string",
    itemPrefix: "xsd",
    item,
    ...boundsOf(items),
    presence: "required",
  };
}
export function structArray<const F extends Fields>(
  itemName: string,
  fields: F,
  items: ItemBounds = {},
): ArrayField<StructField<F, "required">, "required"> {
  return {
    kind: "array",
    itemName,
    itemPrefix: "cwmp",
    item: struct(fields),
    ...boundsOf(items),
    presence: "required",
  };
}
export function repeated<const I extends Field>(item: I): RepeatedField<I, "required"> {
  return { kind: "repeated", item, presence: "required" };
}
export function variant<const V extends Readonly<Record<string, Fields>>>(
  variants: V,
): VariantField<V, "required"> {
  return { kind: "variant", variants, presence: "required" };
}
export function map<const I extends Field>(item: I): MapField<I, "required"> {
  return { kind: "map", item, presence: "required" };
}
export function object(): ObjectField<"required"> {
  return { kind: "object", presence: "required" };
}
/** Values in an order that both sides know. */
export function values(): ArrayField<ValueField<"required">, "required"> {
  return {
    kind: "array",
    itemName: "Value",
    itemPrefix: "xsd",
    item: { kind: "value", presence: "required" },
    ...boundsOf({}),
    presence: "required",
  };
}
export function parameterList<const K extends ParameterListKind>(kind: K): ParameterField<K, "required"> {
  return { kind, presence: "required" };
}

/** A field that tokens leave out where it holds its default: "", 0, false, or an empty list. */
export function defaulted<const F extends Field>(field: F): Omit<F, "presence"> & Base<"defaulted"> {
  return { ...field, presence: "defaulted" };
}

/** A field that may be absent on every binding. */
export function optional<const F extends Field>(field: F): Omit<F, "presence"> & Base<"optional"> {
  return { ...field, presence: "optional" };
}

function boundsOf({ least = 0, greatest = Number.MAX_SAFE_INTEGER }: ItemBounds): {
  readonly minItems: number;
  readonly maxItems: number;
} {
  return { minItems: least, maxItems: greatest };
}
