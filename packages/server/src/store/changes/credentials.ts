import type { DeviceKey } from "@heliograph/protocol";
import type {
  ConfirmCredentials,
  CredentialsState,
  Held,
  RefuseCredentials,
  RotateCredentials,
  StageCredentials,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findCredentials, findDevice, laterVersion } from "../device-rows.ts";
import { regroupChanged } from "../groups/membership.ts";
import { storeAudit, storeEvents } from "./journal.ts";

/** Not where the device's connection has lost its right to carry calls: whoever has it open is not told the secrets. */
export function stageCredentials(db: Database, { device, sealed }: StageCredentials): Held {
  const staged = db.run(
    "UPDATE devices SET credentials = 'staged' WHERE key = :device AND connection_closed = 0",
    { device },
  );
  if (staged === 0) return { held: false };
  db.write(
    `INSERT INTO credentials (device, staged) VALUES (:device, :sealed)
     ON CONFLICT (device) DO UPDATE SET staged = excluded.staged`,
    { device, sealed },
  );
  regroupChanged(db, device, undefined);
  return { held: true };
}

/** One that has none of its own, or is being given some, gets new ones anyway. */
export function rotateCredentials(db: Database, change: RotateCredentials): Held {
  const { device, audit, events } = change;
  const rotated = db.run(
    "UPDATE devices SET credentials = 'rotating' WHERE key = :device AND credentials IN ('confirmed', 'refused')",
    { device },
  );
  if (rotated === 0) return { held: findDevice(db, device) !== undefined };
  storeAudit(db, audit);
  storeEvents(db, events);
  regroupChanged(db, device, audit.at);
  return { held: true };
}

export function confirmCredentials(db: Database, change: ConfirmCredentials): Held {
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
  regroupChanged(db, device, change.at);
  return { held: true };
}

export function refuseCredentials(db: Database, { device, staged, events }: RefuseCredentials): Held {
  const refused = db.run("UPDATE credentials SET staged = NULL WHERE device = :device AND staged = :staged", {
    device,
    staged,
  });
  if (refused === 0) return { held: findDevice(db, device)?.credentials === "refused" };
  enter(db, device, "refused");
  storeEvents(db, events);
  regroupChanged(db, device, events[0]?.at);
  return { held: true };
}

function revokeTokens(db: Database, device: DeviceKey, at: number): void {
  db.write(
    `UPDATE devices SET credential_version = ${laterVersion("credential_version")} WHERE key = :device`,
    {
      device,
      at,
    },
  );
}

function enter(db: Database, device: DeviceKey, state: CredentialsState): void {
  db.write("UPDATE devices SET credentials = :state WHERE key = :device", { device, state });
}
