import { readFileSync } from "node:fs";
import { openApiDocument, routes, type JsonObject } from "@heliograph/api";
import { frontPage } from "./front-page.ts";
import { lookAtReadiness, READY_MS } from "./readiness.ts";
import { refuseFor } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { RestPorts } from "./settings.ts";

/** What is there for anybody: a page for people, the contract for programs, health for whoever runs the ACS. */
export function serviceHandlers(ports: RestPorts, version: string) {
  const document = openApiDocument(version);
  const page = frontPage(version);
  const bus = readBusDocument();

  return {
    getFrontPage: serve(routes.getFrontPage, async () =>
      give(200, page, { "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'" }),
    ),
    getOpenApi: serve(routes.getOpenApi, async () => give(200, document)),
    getAsyncApi: serve(routes.getAsyncApi, async () => give(200, bus)),
    getMetrics: serve(routes.getMetrics, async () => give(200, await ports.metrics.text())),
    getLiveness: serve(routes.getLiveness, async () => give(200, { status: "alive" })),
    getReadiness: serve(routes.getReadiness, async () => {
      const checks = await lookAtReadiness(ports);
      const troubles = checks.flatMap(({ why }) => (why === undefined ? [] : [why]));
      // What can be read is served all the same: nobody else would do better.
      if (checks.some(({ name, state }) => name === "reading" && state === "troubled"))
        return refuseFor("not-ready", `${troubles.join("; ")}: ask again`, READY_MS);
      const trouble = troubles.join("; ");
      return give(200, { status: "ready", checks: [...checks], ...(trouble === "" ? {} : { trouble }) });
    }),
  };
}

/** As it is published: it is made of the types of the bus, which are gone by the time that the ACS runs. */
function readBusDocument(): JsonObject {
  const document: unknown = JSON.parse(readFileSync(BUS_DOCUMENT, "utf8"));
  if (isObject(document)) return document;
  throw new Error("spec/asyncapi.json is no object");
}

const BUS_DOCUMENT = new URL("../../../../spec/asyncapi.json", import.meta.url);

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
