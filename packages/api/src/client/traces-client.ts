import type {
  Trace,
  TraceDownloadQuery,
  TracedMessage,
  TracePage,
  TraceQuery,
  TraceRequest,
} from "../traces.ts";
import type { CallOptions } from "./call-options.ts";
import { followTrace, type FollowTraceOptions } from "./follow-trace.ts";
import { askJson, segments, type Transport } from "./transport.ts";

/** What devices and the ACS say to each other. */
export interface TracesClient {
  switchOn(device: string, request?: TraceRequest, options?: CallOptions): Promise<Trace>;
  /** What was kept stays. */
  switchOff(device: string, options?: CallOptions): Promise<Trace>;
  get(device: string, query?: TraceQuery, options?: CallOptions): Promise<TracePage>;
  /** The whole trace, to be read as it comes. */
  download(device: string, query?: TraceDownloadQuery, options?: CallOptions): Promise<Response>;
  /** Messages as they come, until the trace ends; see {@link followTrace}. */
  follow(device: string, options?: FollowTraceOptions): AsyncGenerator<TracedMessage, void, undefined>;
}

export function tracesClient(transport: Transport): TracesClient {
  const trace = (device: string, ...rest: readonly string[]): string =>
    segments("devices", device, "trace", ...rest);
  return {
    switchOn: (device, body = {}, { signal } = {}) =>
      askJson(transport, { method: "PUT", path: trace(device), body, signal }),
    switchOff: (device, { signal } = {}) =>
      askJson(transport, { method: "DELETE", path: trace(device), signal }),
    get: (device, query, { signal } = {}) =>
      askJson(transport, { method: "GET", path: trace(device), query: { ...query }, signal }),
    download: (device, query, { signal } = {}) =>
      transport({ method: "GET", path: trace(device, "download"), query: { ...query }, signal }),
    follow: (device, options = {}) => followTrace(transport, trace(device, "stream"), options),
  };
}
