import type { FastifyInstance } from "fastify";
import type { Spans } from "../ports/index.ts";

/**
 * Makes a span of every request from now on that was let in: a part of whatever the manager says it is part of, and of which
 * all that is done for it is part.
 */
export function spanRequests(app: FastifyInstance, spans: Spans): void {
  app.addHook("preHandler", (request, reply, done) => {
    const { method, routeOptions, headers } = request;
    const route = routeOptions.url ?? "";
    const { traceparent } = headers;
    const span = spans.begin({
      name: `${method} ${route}`,
      kind: "server",
      parent: typeof traceparent === "string" ? traceparent : undefined,
      attributes: { "http.request.method": method, "http.route": route },
    });
    reply.raw.once("close", () => {
      const { statusCode } = reply;
      const attributes = { "http.response.status_code": statusCode };
      span.end(statusCode >= 500 ? { attributes, failure: String(statusCode) } : { attributes });
    });
    spans.within(span.traceparent, done);
  });
}
