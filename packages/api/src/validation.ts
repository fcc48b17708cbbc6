import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";
import type { ProblemError } from "./problem-document.ts";
import type { Route, RouteInput } from "./route.ts";
import type { Shape } from "./schema.ts";

/** Checks values against one schema. Compiled with `new Function`: for servers and tests, not for browsers. */
export interface Validator<S extends TSchema> {
  readonly check: (value: unknown) => value is Shape<S>;
  /** Why a value does not fit, as short as can be. */
  readonly errors: (value: unknown) => readonly ProblemError[];
}

export function validator<const S extends TSchema>(schema: S): Validator<S> {
  const compiled = Compile(schema);
  return {
    check: (value): value is Shape<S> => compiled.Check(value),
    errors: (value) => {
      const found = compiled.Errors(beginning(value));
      return summarize(found.length > 0 ? found : compiled.Errors(value));
    },
  };
}

/** More than any list here may hold, so that one that is too long still is. */
const ITEMS_EXPLAINED = 100;

/** Lists cut short: each item that does not fit takes its time to explain, and nobody reads of all of them. */
function beginning(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, ITEMS_EXPLAINED).map(beginning);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, beginning(part)]));
}

const PARTS = ["params", "query", "headers", "body"] as const;

/** What came for a route, unchecked. */
export type RawInput = Readonly<Record<(typeof PARTS)[number], unknown>>;

/** Checks what came for one route. */
export interface InputValidator<R extends Route> {
  /** Reads texts of the query as the numbers, booleans and lists that the route asks for. */
  readonly fromText: (raw: RawInput) => RawInput;
  readonly check: (raw: RawInput) => raw is RouteInput<R>;
  readonly errors: (raw: RawInput) => readonly ProblemError[];
}

export function inputValidator<R extends Route>(route: R): InputValidator<R> {
  const { query } = route;
  const described = PARTS.flatMap((part) => {
    const schema = route[part];
    return schema === undefined ? [] : [{ part, ...validator(schema) }];
  });
  return {
    fromText: (raw) => (query === undefined ? raw : { ...raw, query: Value.Convert(query, raw.query) }),
    check: (raw): raw is RouteInput<R> => described.every(({ part, check }) => check(raw[part])),
    errors: (raw) =>
      described.flatMap(({ part, errors }) =>
        errors(raw[part]).map(({ at, detail }): ProblemError => {
          return { at: part === "body" ? at : placeIn(part, at), detail };
        }),
      ),
  };
}

/** The name of the query parameter or header; of the whole part where one is missing. */
function placeIn(part: (typeof PARTS)[number], path: string): string {
  return path === "$" ? part : path.slice("$.".length);
}

interface Found {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly message: string;
}

const MAX_ERRORS = 8;

function summarize(found: readonly Found[]): readonly ProblemError[] {
  return likeliest(found)
    .filter(({ keyword }) => keyword !== "anyOf" && keyword !== "additionalProperties")
    .slice(0, MAX_ERRORS)
    .map(({ keyword, instancePath, message }) => {
      return { at: jsonPath(instancePath), detail: keyword === "boolean" ? "is not known here" : message };
    });
}

const ALTERNATIVE = /^#\/anyOf\/(\d+)/;

/** Of the alternatives of a union only the errors of the one that was missed by least. */
function likeliest(found: readonly Found[]): readonly Found[] {
  const alternatives = Map.groupBy(found, ({ schemaPath }) => ALTERNATIVE.exec(schemaPath)?.[1]);
  alternatives.delete(undefined);
  const [nearest] = [...alternatives.values()].toSorted(
    (a, b) => topLevel(a) - topLevel(b) || a.length - b.length,
  );
  return nearest ?? found;
}

function topLevel(errors: readonly Found[]): number {
  return errors.filter(({ instancePath }) => instancePath.lastIndexOf("/") <= 0).length;
}

/** `/rpcs/0/method` as `$.rpcs[0].method`. */
function jsonPath(pointer: string): string {
  const steps = pointer.split("/").slice(1);
  return `$${steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${unescaped(step)}`)).join("")}`;
}

/** A step of a JSON pointer [RFC 6901 4]. */
function unescaped(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}
