import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";
import type { Shape } from "./schema.ts";

/** Checks values from outside against one schema. Compiled with `new Function`: for servers, not for browsers. */
export interface Validator<S extends TSchema> {
  check(value: unknown): value is Shape<S>;
  /** Reads texts as the numbers, booleans and lists the schema asks for; what does not fit stays as it is. */
  fromText(value: unknown): unknown;
  /** Why a value does not fit, as short as can be. */
  errors(value: unknown): readonly SchemaError[];
}

export interface SchemaError {
  /** A JSON pointer into the value, `` for the whole. */
  readonly pointer: string;
  readonly detail: string;
}

export function validator<const S extends TSchema>(schema: S): Validator<S> {
  const compiled = Compile(schema);
  return {
    check: (value): value is Shape<S> => compiled.Check(value),
    fromText: (value) => Value.Convert(schema, value),
    errors: (value) => summarize(compiled.Errors(value)),
  };
}

interface Found {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly message: string;
}

const MAX_ERRORS = 8;

function summarize(found: readonly Found[]): readonly SchemaError[] {
  return likeliest(found)
    .filter(({ keyword }) => keyword !== "anyOf" && keyword !== "additionalProperties")
    .slice(0, MAX_ERRORS)
    .map(({ keyword, instancePath, message }) => {
      return { pointer: instancePath, detail: keyword === "boolean" ? "is not known here" : message };
    });
}

const ALTERNATIVE = /^#\/anyOf\/(\d+)/;

/** Of the alternatives of a union only the errors of the one that was missed by least. */
function likeliest(found: readonly Found[]): readonly Found[] {
  const alternatives = Map.groupBy(found, ({ schemaPath }) => ALTERNATIVE.exec(schemaPath)?.[1]);
  const [shortest] = [...alternatives]
    .filter(([alternative]) => alternative !== undefined)
    .toSorted(([, a], [, b]) => topLevel(a) - topLevel(b) || a.length - b.length);
  return shortest?.[1] ?? found;
}

function topLevel(errors: readonly Found[]): number {
  return errors.filter(({ instancePath }) => instancePath.lastIndexOf("/") <= 0).length;
}
