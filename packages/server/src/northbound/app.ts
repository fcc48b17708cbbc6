import { routes, type Route } from "@heliograph/api";
import { parseDeviceKey } from "@heliograph/protocol";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { boundBody } from "../http/body-bound.ts";
import { asError, type Log, type Metrics, type Spans } from "../ports/index.ts";
import { nobody, type Admission } from "./admission.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import { refusalOfFailure } from "./failure.ts";
import { parseBody } from "./json-body.ts";
import { measureRequests } from "./measure-requests.ts";
import { pathKey } from "./path-key.ts";
import { isRefusal, refuse, RefusedError, type Refusal } from "./refusal.ts";
import { notAllowed } from "./route-needs.ts";
import { sendRefusal, type Served } from "./serve.ts";
import { spanRequests } from "./span-requests.ts";
import type { NorthboundLimits } from "./settings.ts";

export interface AppOptions {
  readonly served: readonly Served[];
  readonly admit: Admission;
  readonly limits: NorthboundLimits;
  readonly behindProxy: boolean;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly spans?: Spans;
}

/** What the paths begin with that name a device. */
const DEVICE = "/api/v1/devices/{key}";
const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
/** A device's key may be this long, and escaped once more. */
const MAX_SEGMENT_CHARS = 2_048;
/** Longer than proxies commonly keep an unused connection, so that it is them who close it. */
const KEEP_ALIVE_MS = 75_000;

/** The HTTP side: bounds, admission, bodies, and every refusal as a problem document. */
export function buildApp(options: AppOptions): FastifyInstance {
  const { served, admit, limits, behindProxy, log, metrics, spans } = options;
  const app = fastify({
    http: timeouts(limits),
    // The framework sets these two itself, whatever stands above. Bodies are bounded one by one: files may take longer.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, _, reply) => void sendRefusal(reply, refusalOf(error, log)),
    trustProxy: (_, hop) => behindProxy && hop === 0,
    bodyLimit: limits.maxBodyBytes,
    routerOptions: { maxParamLength: MAX_SEGMENT_CHARS },
    exposeHeadRoutes: false,
    return503OnClosing: false,
  });
  app.server.maxConnections = limits.maxConnections;
  app.server.prependListener("request", (request, response) => {
    boundBody({ server: app.server, request, response }, limits.requestTimeoutMs);
  });
  const measured = measureRequests(app, metrics);
  app.decorateRequest("manager");
  app.addHook("onRequest", async (request, reply) => {
    request.manager = nobody;
    reply.headers(HEADERS);
    const refusal = await admit(request, reply);
    if (refusal !== undefined) return sendRefusal(reply, refusal);
    return undefined;
  });
  readJsonBodies(app, limits.maxBodyDepth);
  if (spans !== undefined) spanRequests(app, spans);
  app.setErrorHandler((error, _, reply) => sendRefusal(reply, refusalOf(error, log)));
  app.setNotFoundHandler((request, reply) => sendRefusal(reply, notFound(request.method, request.url)));
  for (const { route, serve } of served) {
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ":$1"),
      // After the admission of all, which says who asks; before the body is read.
      onRequest: async (request, reply) => {
        const { url = "" } = request.raw;
        const device = route.path.startsWith(DEVICE) ? parseDeviceKey(pathKey(url)) : undefined;
        if (device !== undefined) request.manager = await request.manager.on([device]);
        const refusal = notAllowed(request.manager.rights, route, device);
        return refusal === undefined ? undefined : sendRefusal(reply, refusal);
      },
      onResponse: measured(route),
      handler: serve,
    });
  }
  return app;
}

function timeouts({ requestTimeoutMs }: NorthboundLimits) {
  return {
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 4),
  };
}

const OCTETS = "application/octet-stream";
const NO_JSON = refuse("unsupported-media-type", "send JSON, with `Content-Type: application/json`");

function readJsonBodies(app: FastifyInstance, maxDepth: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, async (_: unknown, text: string) => {
    const parsed = parseBody(text, maxDepth);
    if (isRefusal(parsed)) throw new RefusedError(parsed);
    return parsed.body;
  });
  // The route reads it as it comes.
  app.addContentTypeParser(OCTETS, async (request: FastifyRequest) => {
    if (request.routeOptions.url !== routes.addFile.path) throw new RefusedError(NO_JSON);
    return undefined;
  });
}

/** What went wrong before, or instead of, an answer. What is not known is a bug: it is logged, and not told. */
function refusalOf(thrown: unknown, log: Log): Refusal {
  if (thrown instanceof RefusedError) return thrown.refusal;
  const error = asError(thrown);
  const refusal = refusalOfFailure(error) ?? refusalOfFramework(error);
  if (refusal !== undefined) return refusal;
  log.error("a request failed", { error });
  return refuse("internal", "this is a fault of the ACS: its log says more");
}

function refusalOfFramework(error: Error & { readonly code?: unknown; readonly statusCode?: unknown }) {
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return refuse("too-large", "the body is larger than is accepted: send less at once");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return NO_JSON;
    case "FST_ERR_MAX_PARAM_LENGTH":
      return refuse("invalid-request", `no part of a path has more than ${MAX_SEGMENT_CHARS} characters`);
    default:
      return error.statusCode === 400 ? refuse("invalid-request", error.message) : undefined;
  }
}

function notFound(method: string, url: string): Refusal {
  const path = url.replace(/\?.*$/, "");
  const allowed = Object.values<Route>(routes).filter((route) => pattern(route).test(path));
  if (allowed.length === 0) {
    return refuse("unknown-path", `there is nothing at ${path}: GET /api/v1/openapi.json says what there is`);
  }
  const allow = allowed.map((route) => route.method).join(", ");
  return refuse("method-not-allowed", `${path} does not take ${method} but ${allow}`, { allow });
}

function pattern({ path }: Route): RegExp {
  return new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
