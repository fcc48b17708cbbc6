import { groupedEntries } from "@heliograph/protocol";
import type { DeviceRequest } from "@heliograph/protocol";
import type { DeviceReply } from "./dispatch.ts";

/** What a device does, for whoever watches it: a log, a screen, a test. */
export type Activity =
  | { readonly type: "session-opened"; readonly acsUrl: string; readonly events: readonly string[] }
  | { readonly type: "session-ended" }
  | { readonly type: "session-failed"; readonly reason: string; readonly retryInMs: number }
  /** The ACS offers a connection. */
  | { readonly type: "referred"; readonly url: string }
  | { readonly type: "attached"; readonly url: string }
  /** Over the connection. */
  | { readonly type: "informed"; readonly events: readonly string[] }
  /** There is no connection; without a next try, until the ACS offers another. */
  | { readonly type: "detached"; readonly reason: string; readonly retryInMs?: number }
  | { readonly type: "rpc-served"; readonly request: DeviceRequest; readonly reply: DeviceReply }
  | { readonly type: "request-answered"; readonly method: string }
  | { readonly type: "connection-requested" }
  | { readonly type: "restarting" };

const MAX_NAMES = 3;

/** One line for a person; names of parameters, never their values. */
export function describeActivity(activity: Activity): string {
  switch (activity.type) {
    case "session-opened":
      return `informs ${activity.acsUrl}: ${activity.events.join(", ") || "no event"}`;
    case "session-ended":
      return "the ACS has nothing more to say";
    case "session-failed":
      return `${activity.reason}; ${describeWait(activity.retryInMs)}`;
    case "referred":
      return `the ACS offers a connection at ${activity.url}`;
    case "attached":
      return `is attached at ${activity.url}`;
    case "informed":
      return `the ACS took note of ${activity.events.join(", ") || "no event"}`;
    case "detached":
      return activity.retryInMs === undefined
        ? `${activity.reason}; no connection until the ACS offers one`
        : `${activity.reason}; ${describeWait(activity.retryInMs)}`;
    case "rpc-served":
      return `serves ${describeRequest(activity.request)}${describeReply(activity.reply)}`;
    case "request-answered":
      return `the ACS took note of ${activity.method}`;
    case "connection-requested":
      return "the ACS asks for a session";
    case "restarting":
      return "restarts";
  }
}

function describeWait(retryInMs: number): string {
  return retryInMs === 0 ? "next try now" : `next try in ${Math.round(retryInMs / 1000)} s`;
}

function describeRequest({ method, params }: DeviceRequest): string {
  const names = [...namesIn(params)];
  const shown = names.slice(0, MAX_NAMES).join(", ");
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
  return shown === "" ? method : `${method} ${shown}${more}`;
}

function* namesIn(params: DeviceRequest["params"]): Generator<string> {
  if ("ParameterList" in params && isGrouped(params.ParameterList)) {
    for (const [path] of groupedEntries<unknown>(params.ParameterList)) yield path;
  }
  if ("ParameterNames" in params && Array.isArray(params.ParameterNames))
    yield* params.ParameterNames.map(String);
  for (const name of ["ParameterPath", "ObjectName", "FileType"]) {
    const value = new Map<string, unknown>(Object.entries(params)).get(name);
    if (typeof value === "string" && value !== "") yield value;
  }
}

function isGrouped(value: unknown): value is Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  return typeof value === "object" && value !== null;
}

function describeReply(reply: DeviceReply): string {
  if (reply.kind === "answer")
    return reply.method === "AddObject" ? `: instance ${reply.result.InstanceNumber}` : "";
  const { code, message, data } = reply.fault;
  const [first] = data?.SetParameterValuesFault ?? [];
  const reason = first === undefined ? message : `${first.ParameterName}: ${first.FaultString}`;
  return ` with fault ${code} (${reason})`;
}
