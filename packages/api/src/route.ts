import type { TSchema } from "typebox";
import type { ProblemReason } from "./problems.ts";
import type { Shape } from "./schema.ts";

/** One method of one path: what it takes, what it answers, what it refuses. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** As OpenAPI writes it: `/api/v1/devices/{key}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Needs no token. */
  readonly open?: true;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly headers?: TSchema;
  readonly body?: TSchema;
  /** Instead of a body of JSON: bytes as they are, which are read as they come. */
  readonly content?: "application/octet-stream";
  readonly answers: Readonly<Record<number, AnswerForm>>;
  /** Its own refusals; those that every route shares are in `sharedProblems`. */
  readonly problems: readonly ProblemReason[];
}

export type AnswerForm =
  | { readonly form: "json"; readonly summary: string; readonly schema: TSchema }
  | { readonly form: "text"; readonly summary: string; readonly mediaType: string }
  | { readonly form: "none"; readonly summary: string };

/** What a handler of the route is given, once it was found to be as described. */
export interface RouteInput<R extends Route> {
  readonly params: ShapeOf<R["params"]>;
  readonly query: ShapeOf<R["query"]>;
  readonly headers: ShapeOf<R["headers"]>;
  readonly body: ShapeOf<R["body"]>;
}

/** What a handler of the route may answer: a status the route has, with the body that belongs to it. */
export type RouteAnswer<R extends Route> = {
  [S in keyof R["answers"]]: S extends number
    ? { readonly status: S; readonly body: BodyOf<R["answers"][S]> }
    : never;
}[keyof R["answers"]];

type ShapeOf<S> = S extends TSchema ? Shape<S> : undefined;
type BodyOf<A> = A extends { readonly schema: infer S extends TSchema }
  ? Shape<S>
  : A extends { readonly form: "text" }
    ? string
    : undefined;

export function route<const R extends Route>(definition: R): R {
  return definition;
}

export function json<const S extends TSchema>(summary: string, schema: S) {
  return { form: "json", summary, schema } as const;
}

export function text(summary: string, mediaType: string) {
  return { form: "text", summary, mediaType } as const;
}

export function nothing(summary: string) {
  return { form: "none", summary } as const;
}
