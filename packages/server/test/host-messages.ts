import type { RunningServer } from "../src/main/server.ts";
import type { Arming } from "./kill-switch.ts";

/** What a server host is told. */
export type HostOrder =
  | { readonly type: "start"; readonly flags: ServerFlags; readonly arming: Arming }
  | { readonly type: "stop" };

/** Settings as they stand on the command line. */
export type ServerFlags = Readonly<Record<string, string>>;

/** Where a server listens, and what opens it. */
export type Listening = Pick<RunningServer, "acsUrl" | "northboundUrl" | "token" | "firstContact">;

/** What a server host says: that it stands by, that its server listens, could not start, or has stopped. */
export type HostReport =
  | { readonly type: "standing-by" }
  | { readonly type: "listening"; readonly listening: Listening }
  | { readonly type: "failed"; readonly error: string }
  | { readonly type: "stopped" };

/** Both ends are ours: who they are is all that is looked at. */
export function isHostOrder(message: unknown): message is HostOrder {
  return hasType(message);
}

export function isHostReport(message: unknown): message is HostReport {
  return hasType(message);
}

function hasType(message: unknown): boolean {
  return typeof message === "object" && message !== null && "type" in message;
}
