import type { DeviceKey } from "@heliograph/protocol";
import type {
  ConfirmCredentials,
  CredentialsState,
  Held,
  RefuseCredentials,
  RotateCredentials,
  StageCredentials,
} from "../../ports/index.ts";
import { findCredentials, findDevice } from "../device-rows.ts";
import type { SqliteDatabase } from "../sqlite-database.ts";
import { storeAudit, storeEvents } from "./journal.ts";

/** Not where the device's connection has lost its right to carry calls: whoever has it open is not told the secrets. */
export function stageCredentials(db: SqliteDatabase, { device, sealed }: StageCredentials): Held {
  const staged = db.run(
    "UPDATE devices SET credentials = 'staged' WHERE key = :device AND connection_closed = 0",
    { device },
  );
  if (staged === 0) return { held: false };
  db.run(
    `INSERT INTO credentials (device, staged) VALUES (:device, :sealed)
     ON CONFLICT (device) DO UPDATE SET staged = excluded.staged`,
    { device, sealed },
  );
  return { held: true };
}

/** One that has none of its own, or is being given some, gets new ones anyway. */
export function rotateCredentials(db: SqliteDatabase, change: RotateCredentials): Held {
  const { device, audit, events } = change;
  const rotated = db.run(
    "UPDATE devices SET credentials = 'rotating' WHERE key = :device AND credentials IN ('confirmed', 'refused')",
    { device },
  );
  if (rotated === 0) return { held: findDevice(db, device) !== undefined };
  storeAudit(db, audit);
  storeEvents(db, events);
  return { held: true };
}

export function confirmCredentials(db: SqliteDatabase, change: ConfirmCredentials): Held {
  const { device, staged, sealed, events } = change;
  const replaces = findCredentials(db, device)?.confirmed !== undefined;
  const confirmed = db.run(
    "UPDATE credentials SET confirmed = :sealed, staged = NULL WHERE device = :device AND staged = :staged",
    { device, staged, sealed },
  );
  if (confirmed === 0) return { held: findCredentials(db, device)?.confirmed === sealed };
  enter(db, device, "confirmed");
  if (replaces) revokeTokens(db, device, change.at);
  storeEvents(db, events);
  return { held: true };
}

export function refuseCredentials(db: SqliteDatabase, { device, staged, events }: RefuseCredentials): Held {
  const refused = db.run("UPDATE credentials SET staged = NULL WHERE device = :device AND staged = :staged", {
    device,
    staged,
  });
  if (refused === 0) return { held: findDevice(db, device)?.credentials === "refused" };
  enter(db, device, "refused");
  storeEvents(db, events);
  return { held: true };
}

function revokeTokens(db: SqliteDatabase, device: DeviceKey, at: number): void {
  db.run("UPDATE devices SET credential_version = max(:at, credential_version + 1) WHERE key = :device", {
    device,
    at,
  });
}

function enter(db: SqliteDatabase, device: DeviceKey, state: CredentialsState): void {
  db.run("UPDATE devices SET credentials = :state WHERE key = :device", { device, state });
}
