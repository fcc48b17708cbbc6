import type { DeviceKey } from "@heliograph/protocol";
import type { ConnectionId, OperationId } from "./ids.ts";
import type { OperationRecord } from "./records.ts";
import type { EndedCall, InformEvent } from "./connection-messages.ts";

/** What happened to a device, for the engine whose device it is. What of it changes the store stands there already. */
export interface PassedOn {
  readonly device: DeviceKey;
  readonly news: DeviceNews;
}

export type DeviceNews =
  | { readonly type: "accepted"; readonly operation: OperationRecord }
  | { readonly type: "cancel"; readonly operation: OperationId; readonly manager: string }
  /** What the device said of a file ended this operation. */
  | { readonly type: "settled"; readonly operation: OperationId }
  | { readonly type: "informed"; readonly events: readonly InformEvent[] }
  /** It informed beside its light connection: is that still open? */
  | { readonly type: "doubted" }
  /** An answer came to a call of an earlier connection. */
  | {
      readonly type: "returned";
      readonly connection: ConnectionId;
      readonly generation: number;
      readonly ended: EndedCall;
    }
  | { readonly type: "relieved" | "rotated" };

/**
 * What the owner says to it; `none` where there is nothing to say, or it does not know the device, `not-mine` where the
 * device is another's by now.
 */
export interface PassedOnReply {
  readonly type: "none" | "not-mine" | "superseded" | "cancelled" | "running" | "ended" | "now" | "later";
}
