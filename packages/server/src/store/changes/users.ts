import type { ChangeOf, CustomRole, Held, Rights, User } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { readDocument, writeDocument, type Document } from "../document.ts";
import { flag, integer, text, type Row } from "../row.ts";
import { hasAudit, storeAudit } from "./journal.ts";

export function findUser(db: Database, name: string): User | undefined {
  const row = db.get("SELECT * FROM users WHERE name = :name", { name });
  return row === undefined ? undefined : userOf(row);
}

export function findUsers(db: Database): readonly User[] {
  return db.all("SELECT * FROM users ORDER BY name").map(userOf);
}

export function findRole(db: Database, name: string): CustomRole | undefined {
  const row = db.get("SELECT * FROM roles WHERE name = :name", { name });
  return row === undefined ? undefined : roleOf(row);
}

export function findRoles(db: Database): readonly CustomRole[] {
  return db.all("SELECT * FROM roles ORDER BY name").map(roleOf);
}

export function addUser(db: Database, { user, audit }: ChangeOf<"add-user">): Held {
  const { name, password, role, disabled, createdAt } = user;
  const added = db.run(
    `INSERT INTO users (name, password, role, disabled, created_at)
     VALUES (:name, :password, :role, :disabled, :createdAt) ON CONFLICT DO NOTHING`,
    { name, password, role, disabled: disabled ? 1 : 0, createdAt },
  );
  if (added === 0) return { held: hasAudit(db, audit) };
  storeAudit(db, audit);
  return { held: true };
}

export function changeUser(db: Database, change: ChangeOf<"change-user">): Held {
  const { name, at, password, role, disabled, audit } = change;
  const known = findUser(db, name);
  if (known === undefined) return { held: false };
  if (hasAudit(db, audit)) return { held: true };
  const isDisabled = disabled ?? known.disabled;
  db.write("UPDATE users SET password = :password, role = :role, disabled = :disabled WHERE name = :name", {
    name,
    password: password ?? known.password,
    role: role ?? known.role,
    disabled: isDisabled ? 1 : 0,
  });
  if (password !== undefined || isDisabled) endSessions(db, name, at);
  storeAudit(db, audit);
  return { held: true };
}

export function removeUser(db: Database, { name, at, audit }: ChangeOf<"remove-user">): Held {
  if (db.run("DELETE FROM users WHERE name = :name", { name }) === 0) return { held: hasAudit(db, audit) };
  endSessions(db, name, at);
  storeAudit(db, audit);
  return { held: true };
}

export function setRole(db: Database, { role, audit }: ChangeOf<"set-role">): Held {
  db.write(
    `INSERT INTO roles (name, rights, created_at) VALUES (:name, :rights, :createdAt)
     ON CONFLICT (name) DO UPDATE SET rights = excluded.rights`,
    { name: role.name, rights: writeDocument(role.rights), createdAt: role.createdAt },
  );
  storeAudit(db, audit);
  return { held: true };
}

export function removeRole(db: Database, { name, audit }: ChangeOf<"remove-role">): Held {
  if (db.run("DELETE FROM roles WHERE name = :name", { name }) === 0) return { held: hasAudit(db, audit) };
  storeAudit(db, audit);
  return { held: true };
}

function endSessions(db: Database, user: string, at: number): void {
  db.write("UPDATE api_tokens SET revoked_at = :at WHERE user_name = :user AND revoked_at IS NULL", {
    user,
    at,
  });
}

function userOf(row: Row): User {
  return {
    name: text(row, "name"),
    password: text(row, "password"),
    role: text(row, "role"),
    disabled: flag(row, "disabled"),
    createdAt: integer(row, "created_at"),
  };
}

function roleOf(row: Row): CustomRole {
  return {
    name: text(row, "name"),
    rights: readDocument(text(row, "rights") as Document<Rights>),
    createdAt: integer(row, "created_at"),
  };
}
