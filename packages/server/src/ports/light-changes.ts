import type { DeviceKey, ParameterValues } from "@heliograph/protocol";
import type { Pair } from "./call-changes.ts";
import type { Fenced } from "./owner-changes.ts";
import type { DeviceConnection, DeviceFacts, DeviceRecord, NewEvent, OperationRecord } from "./records.ts";

export interface OpenLightConnection {
  readonly key: DeviceKey;
  readonly connection: DeviceConnection;
  readonly address: string;
  readonly subprotocol: string;
  /** The token's; refused where the device's is another. */
  readonly credentialVersion: number;
  /** An engine owned it before: it takes the place of no other connection. */
  readonly again?: true;
  readonly events: readonly NewEvent[];
}

export type OpenLightResult =
  | {
      readonly type: "opened";
      readonly device: DeviceRecord;
      readonly operations: readonly OperationRecord[];
      /** The light connection that was open until now. */
      readonly replaced?: DeviceConnection;
    }
  | { readonly type: "refused"; readonly reason: "unknown-device" | "not-approved" | "revoked" }
  /** It was announced to another engine since, or the device has opened another connection. */
  | { readonly type: "superseded" };

export interface RecordInform extends Pair {
  readonly key: DeviceKey;
  /** An Inform with this key was kept before: it is not kept twice, and the result is held. */
  readonly reportKey: string;
  readonly at: number;
  readonly facts: DeviceFacts;
  readonly parameters: ParameterValues;
  readonly booted: boolean;
  readonly bootstrapped: boolean;
  readonly events: readonly NewEvent[];
}

export interface LapseDevice extends Fenced {
  readonly device: DeviceKey;
  readonly events: readonly NewEvent[];
}
