import {
  grantName,
  type ChangeOf,
  type Grant,
  type GrantId,
  type Held,
  type Rights,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { readDocument, writeDocument, type Document } from "../document.ts";
import { integer, optionalInteger, present, text, type Row } from "../row.ts";
import { hasAudit, storeAudit } from "./journal.ts";
import { endLeasesOf } from "./leases.ts";

export function findGrant(db: Database, id: GrantId): Grant | undefined {
  const row = db.get("SELECT * FROM grants WHERE id = :id", { id });
  return row === undefined ? undefined : grantOf(row);
}

export function findGrants(db: Database): readonly Grant[] {
  return db.all("SELECT * FROM grants ORDER BY created_at DESC, id").map(grantOf);
}

export function addGrant(db: Database, { grant, audit }: ChangeOf<"add-grant">): Held {
  const added = db.run(
    `INSERT INTO grants (id, holder, reason, rights, given_by, created_at, expires_at)
     VALUES (:id, :holder, :reason, :rights, :givenBy, :createdAt, :expiresAt) ON CONFLICT DO NOTHING`,
    {
      id: grant.id,
      holder: grant.holder,
      reason: grant.reason,
      rights: writeDocument(grant.rights),
      givenBy: grant.givenBy,
      createdAt: grant.createdAt,
      expiresAt: grant.expiresAt,
    },
  );
  if (added === 0) return { held: hasAudit(db, audit) };
  storeAudit(db, audit);
  return { held: true };
}

export function changeGrant(db: Database, change: ChangeOf<"change-grant">): Held {
  const { id, was, rights, expiresAt, audit } = change;
  if (hasAudit(db, audit)) return { held: true };
  const changed = db.run(
    `UPDATE grants SET rights = :rights, expires_at = :expiresAt
     WHERE id = :id AND revoked_at IS NULL AND rights = :wasRights AND expires_at = :wasExpiresAt`,
    {
      id,
      rights: writeDocument(rights),
      expiresAt,
      wasRights: writeDocument(was.rights),
      wasExpiresAt: was.expiresAt,
    },
  );
  if (changed === 0) return { held: false };
  storeAudit(db, audit);
  return { held: true };
}

export function revokeGrant(db: Database, { id, at, audit }: ChangeOf<"revoke-grant">): Held {
  const revoked = db.run("UPDATE grants SET revoked_at = :at WHERE id = :id AND revoked_at IS NULL", {
    id,
    at,
  });
  if (revoked === 0) return { held: findGrant(db, id) !== undefined };
  endLeasesOf(db, grantName(id), at);
  storeAudit(db, audit);
  return { held: true };
}

function grantOf(row: Row): Grant {
  return present({
    id: text(row, "id") as GrantId,
    holder: text(row, "holder"),
    reason: text(row, "reason"),
    rights: readDocument(text(row, "rights") as Document<Rights>),
    givenBy: text(row, "given_by"),
    createdAt: integer(row, "created_at"),
    expiresAt: integer(row, "expires_at"),
    revokedAt: optionalInteger(row, "revoked_at"),
  });
}
