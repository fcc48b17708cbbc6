import type { ApiToken, ChangeOf, Held } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { integer, optionalInteger, optionalText, present, text, type Row } from "../row.ts";
import { storeAudit } from "./journal.ts";

export function findApiToken(db: Database, hash: string): ApiToken | undefined {
  const row = db.get("SELECT * FROM api_tokens WHERE hash = :hash", { hash });
  return row === undefined ? undefined : apiTokenOf(row);
}

export function findApiTokenById(db: Database, id: string): ApiToken | undefined {
  const row = db.get("SELECT * FROM api_tokens WHERE id = :id", { id });
  return row === undefined ? undefined : apiTokenOf(row);
}

export function apiTokenOf(row: Row): ApiToken {
  return present({
    id: text(row, "id"),
    name: text(row, "name"),
    role: text(row, "role"),
    user: optionalText(row, "user_name"),
    hash: text(row, "hash"),
    createdAt: integer(row, "created_at"),
    expiresAt: optionalInteger(row, "expires_at"),
    revokedAt: optionalInteger(row, "revoked_at"),
  });
}

export function addToken(db: Database, { token, audit }: ChangeOf<"add-token">): Held {
  const added = db.run(
    `INSERT INTO api_tokens (id, name, role, user_name, hash, created_at, expires_at, revoked_at)
     VALUES (:id, :name, :role, :user, :hash, :createdAt, :expiresAt, :revokedAt) ON CONFLICT DO NOTHING`,
    {
      id: token.id,
      name: token.name,
      role: token.role,
      user: token.user ?? null,
      hash: token.hash,
      createdAt: token.createdAt,
      expiresAt: token.expiresAt ?? null,
      revokedAt: token.revokedAt ?? null,
    },
  );
  if (added === 0) return { held: findApiToken(db, token.hash)?.id === token.id };
  storeAudit(db, audit);
  return { held: true };
}

export function revokeToken(db: Database, { id, at, audit }: ChangeOf<"revoke-token">): Held {
  const revoked = db.run("UPDATE api_tokens SET revoked_at = :at WHERE id = :id AND revoked_at IS NULL", {
    id,
    at,
  });
  if (revoked === 0) return { held: db.get("SELECT 1 FROM api_tokens WHERE id = :id", { id }) !== undefined };
  storeAudit(db, audit);
  return { held: true };
}
