import type { Route } from "@heliograph/api";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Metrics } from "../ports/index.ts";

/** Measures every request from now on. Gives what a route calls when one of its requests is over. */
export function measureRequests(app: FastifyInstance, metrics: Metrics) {
  let open = 0;
  metrics.watch("heliograph_northbound_open_requests", {}, () => open);
  app.addHook("onRequest", async (_, { raw }) => {
    open += 1;
    raw.once("close", () => (open -= 1));
  });
  return ({ tag }: Route) =>
    async (_: FastifyRequest, { statusCode, elapsedTime }: FastifyReply): Promise<void> => {
      const status = `${Math.floor(statusCode / 100)}xx`;
      metrics.count("heliograph_northbound_requests_total", { tag, status });
      metrics.observe("heliograph_northbound_request_seconds", {}, elapsedTime / 1_000);
    };
}
