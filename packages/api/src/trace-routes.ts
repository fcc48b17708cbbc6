import { DevicePath } from "./devices.ts";
import { EventStreamHeaders } from "./events.ts";
import { json, route, text } from "./route.ts";
import {
  Trace,
  TraceDownloadQuery,
  TracePage,
  TraceQuery,
  TraceRequest,
  TraceStreamQuery,
} from "./traces.ts";

const TRACE = "/api/v1/devices/{key}/trace";

/** What a device and the ACS say to each other, for whoever finds out why they do not understand each other. */
export const traceRoutes = {
  switchTraceOn: route({
    method: "PUT",
    path: TRACE,
    tag: "traces",
    summary: "Switch on a device's trace, or give one that is on another end",
    description:
      "From now on both directions of every message are kept, over whatever the device speaks, and without secrets. It " +
      "goes on over restarts of the ACS, and switches itself off.",
    params: DevicePath,
    body: TraceRequest,
    answers: { 200: json("The trace, which is on", Trace) },
    problems: [
      ...(["not-json", "too-large", "unsupported-media-type"] as const),
      ...(["unknown-device", "too-many-traces", "untraceable-here", "store-full"] as const),
    ],
  }),
  switchTraceOff: route({
    method: "DELETE",
    path: TRACE,
    tag: "traces",
    summary: "Switch off a device's trace",
    description: "What was kept stays, until it is too old.",
    params: DevicePath,
    answers: { 200: json("The trace, which is off", Trace) },
    problems: ["unknown-device", "not-traced", "store-full"],
  }),
  getTrace: route({
    method: "GET",
    path: TRACE,
    tag: "traces",
    summary: "List the messages of a device's trace, oldest first",
    params: DevicePath,
    query: TraceQuery,
    answers: { 200: json("The trace, and messages of it", TracePage) },
    problems: ["unknown-device", "not-traced", "store-full"],
  }),
  followTrace: route({
    method: "GET",
    path: `${TRACE}/stream`,
    tag: "traces",
    summary: "Follow a device's trace as its messages come",
    description:
      "Server-sent events: `id` is the position to resume from, `data` a TracedMessage. Ends with the trace.",
    params: DevicePath,
    query: TraceStreamQuery,
    headers: EventStreamHeaders,
    answers: { 200: text("Messages, until one side ends the stream", "text/event-stream") },
    problems: ["unknown-device", "not-traced", "too-many-streams", "store-full"],
  }),
  downloadTrace: route({
    method: "GET",
    path: `${TRACE}/download`,
    tag: "traces",
    summary: "Get a device's whole trace as a file",
    params: DevicePath,
    query: TraceDownloadQuery,
    answers: { 200: text("Text for people, or a line of JSON for each message", "text/plain") },
    problems: ["unknown-device", "not-traced", "store-full"],
  }),
};
