import type { DeviceKey } from "@heliograph/protocol";
import type { Held } from "./held.ts";
import type { AuditEntry } from "./records.ts";

/** Somebody holds a device for a while: nobody else writes to it [LIGHT 7]. Times are milliseconds since 1970. */
export interface Lease {
  readonly device: DeviceKey;
  /** Who holds it, as the audit log has them. */
  readonly holder: string;
  readonly reason: string;
  readonly takenAt: number;
  readonly endsAt: number;
}

export const USUAL_LEASE_MS = 5 * 60_000;
export const LONGEST_LEASE_MS = 60 * 60_000;

export interface LeaseReads {
  /** Also one that is over, until it is found to be. */
  lease(device: DeviceKey): Promise<Lease | undefined>;
  /** Those that are over at `now`, at most `limit`. */
  overdueLeases(query: { readonly now: number; readonly limit: number }): Promise<readonly Lease[]>;
}

export interface LeaseChanges {
  /** Begins a lease, or lets one's own end at another time. `held`: by somebody else, and by whom. */
  readonly "take-lease": { readonly change: TakeLease; readonly result: TakeLeaseResult };
  /** Refused where there is none, or where it is another's and is not broken. */
  readonly "end-lease": { readonly change: EndLease; readonly result: Held };
  /** Its time is over. Refused where it was taken anew meanwhile. */
  readonly "expire-lease": {
    readonly change: { readonly device: DeviceKey; readonly now: number };
    readonly result: Held;
  };
}

export interface TakeLease {
  readonly lease: Lease;
  readonly audit: AuditEntry;
}

export type TakeLeaseResult =
  { readonly type: "taken" | "held"; readonly lease: Lease } | { readonly type: "unknown-device" };

export interface EndLease {
  readonly device: DeviceKey;
  /** Who ends it. */
  readonly by: string;
  /** Whoever holds it. */
  readonly isBroken: boolean;
  readonly at: number;
  readonly audit: AuditEntry;
}

/** What somebody is told whose write is refused. */
export function leaseSentence({ holder, endsAt }: Lease): string {
  return `${holder} holds the device until ${new Date(endsAt).toISOString()}: only they write to it`;
}
