import type { DeviceId, DeviceKey } from "@heliograph/protocol";
import type { Approval, AuditEntry, DeviceRecord, EnrolledBy, NewEvent } from "./records.ts";

export interface EnrolDevice {
  readonly key: DeviceKey;
  readonly deviceId: DeviceId;
  readonly approval: Approval;
  readonly by: EnrolledBy;
  readonly address: string;
  /** Only where the claim that was approved then is the device's. */
  readonly claimApprovedAt?: number;
  readonly at: number;
  /** Devices that may wait for approval at once, in all and from one address. */
  readonly maxWaiting: number;
  readonly maxWaitingPerAddress: number;
  readonly events: readonly NewEvent[];
}

/** Enrolling a known device starts it anew: approval as given, credentials dead, generation raised; what is learned stays. */
export type EnrolResult =
  | { readonly type: "enrolled"; readonly device: DeviceRecord }
  | {
      readonly type: "refused";
      /** `changed`: somebody or something decided otherwise meanwhile. */
      readonly reason: "too-many-waiting" | "too-many-from-address" | "changed";
    };

export interface SetApproval {
  readonly device: DeviceKey;
  readonly approval: Approval;
  readonly audit: AuditEntry;
  readonly events: readonly NewEvent[];
}

export interface RemoveDevice {
  readonly device: DeviceKey;
  readonly audit: AuditEntry;
  readonly events: readonly NewEvent[];
}

export interface ClaimDevice {
  readonly device: DeviceKey;
  readonly address: string;
  readonly at: number;
  /** Devices that may be claimed at once, in all and from one address. */
  readonly maxClaims: number;
  readonly maxClaimsPerAddress: number;
  /** Stored with the first claim alone. */
  readonly events: readonly NewEvent[];
}

export type ClaimResult =
  | { readonly type: "claimed" }
  | {
      readonly type: "refused";
      readonly reason: "too-many-claims" | "too-many-from-address" | "unclaimable";
    };

export interface DropClaim {
  readonly device: DeviceKey;
  /** When the claim was first made; another one stays. */
  readonly claimedAt: number;
  readonly events: readonly NewEvent[];
}

export interface DecideClaim {
  readonly device: DeviceKey;
  /** When the claim that was decided on was first made; another one stays. */
  readonly claimedAt: number;
  readonly at: number;
  readonly audit: AuditEntry;
  readonly events: readonly NewEvent[];
}
