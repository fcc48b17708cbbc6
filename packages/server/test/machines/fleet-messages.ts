import type { FleetSettings } from "./fleet-device.ts";
import type { FleetReport } from "./fleet.ts";

/** What a process of devices is told. */
export type FleetOrder =
  | { readonly type: "start"; readonly settings: FleetSettings }
  | { readonly type: "report"; readonly since: number }
  | { readonly type: "tell-outages"; readonly since: number }
  | { readonly type: "close" };

/** What it says to that, once it is done. */
export type FleetWord =
  | { readonly type: "started" }
  | { readonly type: "reported"; readonly report: FleetReport }
  | { readonly type: "outages"; readonly outages: readonly number[] }
  | { readonly type: "closed" };

/** Both ends are ours: who they are is all that is looked at. */
export function isFleetOrder(message: unknown): message is FleetOrder {
  return hasType(message);
}

export function isFleetWord(message: unknown): message is FleetWord {
  return hasType(message);
}

function hasType(message: unknown): boolean {
  return typeof message === "object" && message !== null && "type" in message;
}
