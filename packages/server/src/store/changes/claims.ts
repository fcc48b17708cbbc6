import type { ClaimDevice, ClaimResult, DecideClaim, DropClaim, Held } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findDevice, laterVersion } from "../device-rows.ts";
import { regroupChanged } from "../groups/membership.ts";
import { integer } from "../row.ts";
import { hasAudit, storeAudit, storeEvents } from "./journal.ts";

/** What a row must be set to where nobody claims the device. */
export const UNCLAIMED = `
  claim_at = NULL, claim_last_at = NULL, claim_address = NULL, claim_count = NULL, claim_approved_at = NULL`;

/** Whether the device has credentials of its own; one of whom that is not known yet has none. */
export const HAS_OWN = `
  EXISTS (SELECT 1 FROM credentials WHERE device = devices.key AND confirmed IS NOT NULL)`;

export function claimDevice(db: Database, change: ClaimDevice): ClaimResult {
  const { device, address, at, events } = change;
  const claim = findDevice(db, device)?.claim;
  if (claim?.lastAt === at && claim.address === address) return { type: "claimed" };
  const refused = roomToClaim(db, change);
  if (refused !== undefined) return { type: "refused", reason: refused };
  const claimed = db.run(
    `UPDATE devices SET claim_at = coalesce(claim_at, :at), claim_last_at = :at, claim_address = :address,
       claim_count = coalesce(claim_count, 0) + 1
     WHERE key = :device AND ${HAS_OWN}`,
    { device, address, at },
  );
  if (claimed === 0) return { type: "refused", reason: "unclaimable" };
  if (claim === undefined) storeEvents(db, events);
  return { type: "claimed" };
}

/** Why no more devices may be claimed; undefined while there is room. The device itself does not count. */
function roomToClaim(
  db: Database,
  { device, address, maxClaims, maxClaimsPerAddress }: ClaimDevice,
): "too-many-claims" | "too-many-from-address" | undefined {
  const row = db.get(
    `SELECT count(*) AS everywhere, coalesce(sum(CASE WHEN claim_address = :address THEN 1 ELSE 0 END), 0) AS here
     FROM devices WHERE claim_at IS NOT NULL AND claim_approved_at IS NULL AND key <> :device`,
    { device, address },
  );
  if (row === undefined) return undefined;
  if (integer(row, "everywhere") >= maxClaims) return "too-many-claims";
  return integer(row, "here") >= maxClaimsPerAddress ? "too-many-from-address" : undefined;
}

/** Held also where there is none any more, whoever dropped it. */
export function dropClaim(db: Database, { device, claimedAt, events }: DropClaim): Held {
  if (isWithdrawn(db, { device, claimedAt })) {
    storeEvents(db, events);
    return { held: true };
  }
  const known = findDevice(db, device);
  return { held: known !== undefined && known.claim === undefined };
}

/** Its credentials are gone at once, so that nobody can drop a claim that was approved. */
export function approveClaim(db: Database, change: DecideClaim): Held {
  const { device, claimedAt, at, audit, events } = change;
  const approved = db.run(
    `UPDATE devices SET claim_approved_at = :at, credentials = 'none',
       credential_version = ${laterVersion("credential_version")}, generation = generation + 1, connection_closed = 1
     WHERE key = :device AND claim_at = :claimedAt AND claim_approved_at IS NULL`,
    { device, claimedAt, at },
  );
  if (approved === 0) return { held: hasAudit(db, audit) };
  db.write("DELETE FROM credentials WHERE device = :device", { device });
  storeAudit(db, audit);
  storeEvents(db, events);
  regroupChanged(db, device, at);
  return { held: true };
}

/** Held also where there is none any more; not where it was approved. */
export function rejectClaim(db: Database, { device, claimedAt, audit, events }: DecideClaim): Held {
  if (isWithdrawn(db, { device, claimedAt })) {
    storeAudit(db, audit);
    storeEvents(db, events);
    return { held: true };
  }
  const known = findDevice(db, device);
  return { held: known !== undefined && known.claim === undefined };
}

function isWithdrawn(db: Database, claim: Pick<DropClaim, "device" | "claimedAt">): boolean {
  const withdrawn = db.run(
    `UPDATE devices SET ${UNCLAIMED}
     WHERE key = :device AND claim_at = :claimedAt AND claim_approved_at IS NULL`,
    claim,
  );
  return withdrawn > 0;
}
