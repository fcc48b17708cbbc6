import type { DeviceKey } from "@heliograph/protocol";
import type { Held } from "./held.ts";
import type { EngineId } from "./ids.ts";
import type { NewEvent } from "./records.ts";

/** Refused where the device's generation is another: somebody opened a connection since, or took the device over. */
export interface Fenced {
  readonly generation: number;
}

export interface TakeOverDevice extends Fenced {
  readonly key: DeviceKey;
  readonly engine: EngineId;
  /** Stored where the connection was a light one. */
  readonly events: readonly NewEvent[];
}

export interface ClaimWake extends Fenced {
  readonly device: DeviceKey;
  readonly engine: EngineId;
  /** Requests that were counted before it: where another engine has sent one since, they are more. */
  readonly attempts: number;
  readonly at: number;
  /** When it is over at the latest, whatever becomes of whoever sent it. */
  readonly until: number;
}

/** One engine's turn at what only one may do. */
export interface TakeDuty {
  readonly name: string;
  readonly engine: EngineId;
  readonly at: number;
  /** Until when it is the engine's, unless it takes it again. */
  readonly until: number;
}

/** What several engines on one store make of who works on what. */
export interface OwnerChanges {
  /**
   * The engine that owned the device's connection is gone: raises the generation, so that whatever that one still does is
   * refused, and closes the connection. Where its gateway is still there, that one opens it anew.
   */
  readonly "take-over-device": { readonly change: TakeOverDevice; readonly result: Held };
  /** A connection request is about to be sent. Refused while one of another engine is out, or was since. */
  readonly "claim-wake": { readonly change: ClaimWake; readonly result: Held };
  /** Refused while it is another engine's. */
  readonly "take-duty": { readonly change: TakeDuty; readonly result: Held };
  /** Held also where it is not the engine's. */
  readonly "leave-duty": {
    readonly change: Pick<TakeDuty, "name" | "engine">;
    readonly result: Held;
  };
}
