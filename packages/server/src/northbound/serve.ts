import type { Route, RouteAnswer, RouteInput } from "@heliograph/api";
import { inputValidator, type InputValidator } from "@heliograph/api/validation";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Manager } from "./authentication.ts";
import { pathKey } from "./path-key.ts";
import { isRefusal, PROBLEM_MEDIA_TYPE, problemOf, refuseInput, type Refusal } from "./refusal.ts";

/** One request, found to be as its route describes it. */
export interface Asked<R extends Route> {
  readonly input: RouteInput<R>;
  readonly manager: Manager;
}

/** What a handler gives: an answer that the route has, or a refusal. */
export type Given<R extends Route> = (RouteAnswer<R> & { readonly headers: Headers }) | Refusal;

/** Gives an answer. */
export function give<const S extends number, const B>(status: S, body: B, headers: Headers = {}) {
  return { status, body, headers };
}

type Headers = Readonly<Record<string, string>>;

/** A route with what serves it. */
export interface Served {
  readonly route: Route;
  readonly serve: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
}

/** Serves a route by a handler that sees only what the route describes, and can give only what it promises. */
export function serve<R extends Route>(route: R, handle: (asked: Asked<R>) => Promise<Given<R>>): Served {
  const validator = inputValidator(route);
  return {
    route,
    async serve(request, reply) {
      const input = readInput(validator, request);
      if (isRefusal(input)) return sendRefusal(reply, input);
      const given: Given<Route> = await handle({ input, manager: request.manager });
      if (isRefusal(given)) return sendRefusal(reply, given);
      const form = route.answers[given.status];
      if (form?.form === "text") reply.type(form.mediaType);
      return reply.code(given.status).headers(given.headers).send(given.body);
    },
  };
}

export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const problem = problemOf(refusal);
  return reply
    .code(problem.status)
    .headers(refusal.headers ?? {})
    .type(PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(problem));
}

export function readInput<R extends Route>(
  validator: InputValidator<R>,
  request: FastifyRequest,
): RouteInput<R> | Refusal {
  const { query, headers, body } = request;
  const input = validator.fromText({ params: readParams(request), query, headers, body });
  if (validator.check(input)) return input;
  const errors = validator.errors(input);
  return refuseInput("invalid-request", errors);
}

/** The path's parts, a device's key as the key it is. */
function readParams({ params, raw }: FastifyRequest): unknown {
  if (typeof params !== "object" || params === null || !("key" in params)) return params;
  return { ...params, key: pathKey(raw.url ?? "") };
}
