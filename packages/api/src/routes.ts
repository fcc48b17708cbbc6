import { accessRoutes } from "./access-routes.ts";
import { AuditPage, AuditQuery } from "./audit.ts";
import { backupRoutes } from "./backup-routes.ts";
import { campaignRoutes } from "./campaign-routes.ts";
import { channelRoutes } from "./channel-routes.ts";
import { configurationRoutes } from "./configuration-routes.ts";
import { CredentialsRotation, Device, DevicePage, DevicePath, DeviceQuery } from "./devices.ts";
import { DeviceEventQuery, EventPage, EventStreamHeaders, EventStreamQuery } from "./events.ts";
import { fileRoutes } from "./file-routes.ts";
import { groupRoutes } from "./group-routes.ts";
import { Health } from "./health.ts";
import {
  DeviceOperationQuery,
  Operation,
  OperationHeaders,
  OperationPage,
  OperationPath,
  OperationQuery,
  OperationRequest,
} from "./operations.ts";
import { DetailedParameters, ParameterQuery, Parameters } from "./parameters.ts";
import type { ProblemReason } from "./problems.ts";
import { leaseRoutes } from "./lease-routes.ts";
import { liveRoutes } from "./live-routes.ts";
import { policyRoutes } from "./policy-routes.ts";
import { quirkRoutes } from "./quirk-routes.ts";
import { refreshRoutes } from "./refresh-routes.ts";
import { json, nothing, route, text } from "./route.ts";
import { JsonObject } from "./schema.ts";
import { traceRoutes } from "./trace-routes.ts";
import { webhookRoutes } from "./webhook-routes.ts";
import { Type } from "typebox";

/** What any route that needs a token may refuse, besides its own problems. */
export const sharedProblems: readonly ProblemReason[] = [
  "invalid-request",
  "unauthenticated",
  "not-allowed",
  "foreign-origin",
  "request-timeout",
  "unknown-host",
  "too-many-attempts",
  "headers-too-large",
  "internal",
  "store-busy",
  "overloaded",
  "closing",
];

const DEVICES = "/api/v1/devices";
const DEVICE = `${DEVICES}/{key}` as const;
const OPERATIONS = "/api/v1/operations";

const deviceRoutes = {
  listDevices: route({
    method: "GET",
    path: DEVICES,
    tag: "devices",
    summary: "List devices, in the order of their keys",
    description:
      "With `where` an answer is never long in coming: a page may have fewer devices than `limit`, or none, and a `next`, " +
      "which goes on from there; `unfinished` says so.",
    query: DeviceQuery,
    answers: { 200: json("Devices", DevicePage) },
    problems: ["invalid-expression"],
  }),
  getDevice: route({
    method: "GET",
    path: DEVICE,
    tag: "devices",
    summary: "Get a device",
    params: DevicePath,
    answers: { 200: json("The device", Device) },
    problems: ["unknown-device"],
  }),
  approveDevice: route({
    method: "POST",
    path: `${DEVICE}/approve`,
    tag: "devices",
    summary: "Let a device be managed, or be claimed",
    description:
      "Where somebody claims the device, the claim is what is approved: the credentials that the device has are dead, it " +
      "is disconnected, and its next first contact, from wherever it comes, is the device's.",
    params: DevicePath,
    answers: { 200: json("The device, approved", Device) },
    problems: ["unknown-device", "claim-dropped", "store-full"],
  }),
  rejectDevice: route({
    method: "POST",
    path: `${DEVICE}/reject`,
    tag: "devices",
    summary: "Refuse a device, until it is approved",
    description: "Where it is connected it is disconnected.",
    params: DevicePath,
    answers: { 200: json("The device, rejected", Device) },
    problems: ["unknown-device", "store-full"],
  }),
  rejectClaim: route({
    method: "DELETE",
    path: `${DEVICE}/claim`,
    tag: "devices",
    summary: "Reject the claim on a device",
    description: "The device goes on as before. Whoever claims it may do so again.",
    params: DevicePath,
    answers: { 200: json("The device, which nobody claims", Device) },
    problems: ["unknown-device", "claim-dropped", "claim-approved", "store-full"],
  }),
  removeDevice: route({
    method: "DELETE",
    path: DEVICE,
    tag: "devices",
    summary: "Forget a device",
    description:
      "Its parameters, credentials and open operations go with it; its events stay until they age out. Where it is " +
      "connected it is disconnected.",
    params: DevicePath,
    answers: { 204: nothing("Forgotten") },
    problems: ["unknown-device", "store-full"],
  }),
  rotateCredentials: route({
    method: "POST",
    path: `${DEVICE}/credentials/rotate`,
    tag: "devices",
    summary: "Give a device new credentials of its own",
    params: DevicePath,
    answers: { 200: json("When the device is told", CredentialsRotation) },
    problems: ["unknown-device", "not-approved", "no-engine", "store-full"],
  }),
  getParameters: route({
    method: "GET",
    path: `${DEVICE}/parameters`,
    tag: "devices",
    summary: "Get what the ACS knows of a device's data model",
    description: "What it last learned; to ask the device itself, call GetParameterValues.",
    params: DevicePath,
    query: ParameterQuery,
    answers: { 200: json("Known parameters", Type.Union([Parameters, DetailedParameters])) },
    problems: ["unknown-device"],
  }),
  listDeviceEvents: route({
    method: "GET",
    path: `${DEVICE}/events`,
    tag: "events",
    summary: "List a device's events, oldest first",
    params: DevicePath,
    query: DeviceEventQuery,
    answers: { 200: json("Events", EventPage) },
    problems: [],
  }),
};

const operationRoutes = {
  createOperation: route({
    method: "POST",
    path: `${DEVICE}/operations`,
    tag: "operations",
    summary: "Call one or more RPCs on a device",
    description:
      "The operation is stored before it is answered. A fault of the device is an answer like any other, with status 200.",
    params: DevicePath,
    headers: OperationHeaders,
    body: OperationRequest,
    answers: {
      200: json("The operation, which ended in time", Operation),
      202: json("The operation, which goes on; `Location` says where", Operation),
    },
    problems: [
      ...([
        "not-json",
        "unknown-device",
        "not-approved",
        "left-alone",
        "leased",
        "command-key-open",
        "held-by-policy",
      ] as const),
      "too-large",
      ...(["unsupported-media-type", "invalid-rpc", "idempotency-mismatch", "queue-full"] as const),
      ...(["no-engine", "store-full"] as const),
    ],
  }),
  listDeviceOperations: route({
    method: "GET",
    path: `${DEVICE}/operations`,
    tag: "operations",
    summary: "List a device's operations, newest first",
    params: DevicePath,
    query: DeviceOperationQuery,
    answers: { 200: json("Operations", OperationPage) },
    problems: ["unknown-device"],
  }),
  listOperations: route({
    method: "GET",
    path: OPERATIONS,
    tag: "operations",
    summary: "List operations, newest first",
    query: OperationQuery,
    answers: { 200: json("Operations", OperationPage) },
    problems: [],
  }),
  getOperation: route({
    method: "GET",
    path: `${OPERATIONS}/{id}`,
    tag: "operations",
    summary: "Get an operation",
    params: OperationPath,
    answers: { 200: json("The operation", Operation) },
    problems: ["unknown-operation"],
  }),
  cancelOperation: route({
    method: "DELETE",
    path: `${OPERATIONS}/{id}`,
    tag: "operations",
    summary: "Cancel an operation that is not with its device",
    params: OperationPath,
    answers: { 200: json("The operation, cancelled", Operation) },
    problems: ["unknown-operation", "operation-running", "operation-ended", "no-engine", "store-full"],
  }),
};

const recordRoutes = {
  followEvents: route({
    method: "GET",
    path: "/api/v1/events",
    tag: "events",
    summary: "Follow events as they happen",
    description:
      "Server-sent events: `id` is the position to resume from, `event` the name, `data` a DeviceEvent. In order and " +
      "without gaps; a reader that comes back with the last id it saw misses nothing that is still kept.",
    query: EventStreamQuery,
    headers: EventStreamHeaders,
    answers: { 200: text("Events, until one side ends the stream", "text/event-stream") },
    problems: ["too-many-streams"],
  }),
  listAudit: route({
    method: "GET",
    path: "/api/v1/audit",
    tag: "audit",
    summary: "List who changed what, newest first",
    query: AuditQuery,
    answers: { 200: json("Audit entries", AuditPage) },
    problems: [],
  }),
  getMetrics: route({
    method: "GET",
    path: "/metrics",
    tag: "service",
    summary: "Get the numbers of this server, for Prometheus",
    description: "For whoever may see every device. None of them names a device.",
    answers: { 200: text("Metrics in the text format", "text/plain; version=0.0.4; charset=utf-8") },
    problems: [],
  }),
};

const openRoutes = {
  getFrontPage: route({
    method: "GET",
    path: "/",
    tag: "service",
    summary: "Say what this is",
    open: true,
    answers: { 200: text("A page for people", "text/html") },
    problems: [],
  }),
  getOpenApi: route({
    method: "GET",
    path: "/api/v1/openapi.json",
    tag: "service",
    summary: "Get this document",
    open: true,
    answers: { 200: json("OpenAPI 3.1", JsonObject) },
    problems: [],
  }),
  getAsyncApi: route({
    method: "GET",
    path: "/api/v1/asyncapi.json",
    tag: "service",
    summary: "Get the document of the bus: its subjects, and what they carry",
    open: true,
    answers: { 200: json("AsyncAPI 3.0", JsonObject) },
    problems: [],
  }),
  getLiveness: route({
    method: "GET",
    path: "/healthz",
    tag: "service",
    summary: "Say whether the process is alive",
    open: true,
    answers: { 200: json("Alive", Health) },
    problems: [],
  }),
  getReadiness: route({
    method: "GET",
    path: "/readyz",
    tag: "service",
    summary: "Say whether requests can be served",
    open: true,
    answers: { 200: json("Ready", Health) },
    problems: ["not-ready"],
  }),
};

/** Every route of the API: the server serves exactly these, and the OpenAPI document describes exactly these. */
export const routes = {
  ...deviceRoutes,
  ...operationRoutes,
  ...fileRoutes,
  ...backupRoutes,
  ...campaignRoutes,
  ...channelRoutes,
  ...groupRoutes,
  ...leaseRoutes,
  ...liveRoutes,
  ...policyRoutes,
  ...configurationRoutes,
  ...refreshRoutes,
  ...quirkRoutes,
  ...traceRoutes,
  ...recordRoutes,
  ...webhookRoutes,
  ...accessRoutes,
  ...openRoutes,
};

export type RouteName = keyof typeof routes;
