import type { DeviceRequest } from "@heliograph/protocol";
import type { DeviceReply } from "./dispatch.ts";

/** What a device does, for whoever watches it: a log, a screen, a test. */
export type Activity =
  | { readonly type: "session-opened"; readonly acsUrl: string; readonly events: readonly string[] }
  | { readonly type: "session-ended" }
  | { readonly type: "session-failed"; readonly reason: string; readonly retryInMs: number }
  | { readonly type: "rpc-served"; readonly request: DeviceRequest; readonly reply: DeviceReply }
  | { readonly type: "request-answered"; readonly method: string }
  | { readonly type: "connection-requested" }
  | { readonly type: "restarting" };
