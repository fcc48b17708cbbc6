import type { DeviceKey } from "@heliograph/protocol";
import type { OperationState } from "./operation-state.ts";
import type { Approval } from "./records.ts";

export interface DeviceQuery {
  readonly after?: string;
  readonly limit: number;
  readonly approval?: Approval;
  /** Only devices with a claim that nobody has decided on; false: only those without. */
  readonly claimed?: boolean;
  /** Words that must each occur, in any case, in the key, manufacturer, software version, address or a tag. */
  readonly words?: readonly string[];
}

export interface OperationQuery {
  readonly after?: string;
  readonly limit: number;
  readonly device?: DeviceKey;
  readonly state?: OperationState;
}

export interface EventQuery {
  readonly after: number;
  readonly limit: number;
  readonly device?: DeviceKey;
}
