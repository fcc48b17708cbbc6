import type { ChangeOf, ClaimWake, Held, TakeDuty, TakeOverDevice } from "../../ports/index.ts";
import type { DeviceKey } from "@heliograph/protocol";
import type { Database } from "../database.ts";
import { findDevice } from "../device-rows.ts";
import { regroupChanged } from "../groups/membership.ts";
import { text } from "../row.ts";
import { storeEvents } from "./journal.ts";

/** Whether nobody opened a connection of the device, or took it over, since its generation was read. */
export function isOfGeneration(db: Database, device: DeviceKey, generation: number): boolean {
  const found = db.get("SELECT 1 FROM devices WHERE key = :device AND generation = :generation", {
    device,
    generation,
  });
  return found !== undefined;
}

export function takeOverDevice(db: Database, change: TakeOverDevice): Held {
  const { key, engine, generation, events } = change;
  const taken = db.get(
    `UPDATE devices SET generation = generation + 1, connection_engine = :engine, connection_closed = 1
     WHERE key = :key AND generation = :generation AND connection_id IS NOT NULL AND connection_closed = 0
     RETURNING connection_transport`,
    { key, engine, generation },
  );
  if (taken === undefined) {
    const known = findDevice(db, key);
    const isRepeated = known?.connection?.engine === engine && known.connection.closed === true;
    return { held: isRepeated && known.generation === generation + 1 };
  }
  if (text(taken, "connection_transport") === "light") {
    storeEvents(db, events);
    regroupChanged(db, key, events[0]?.at);
  }
  return { held: true };
}

export function claimWake(db: Database, change: ClaimWake): Held {
  const { device, engine, generation, attempts, at, until } = change;
  const claimed = db.run(
    `UPDATE devices SET waking_engine = :engine, waking_until = :until
     WHERE key = :device AND generation = :generation AND wake_attempts = :attempts
       AND (waking_until IS NULL OR waking_until <= :at OR waking_engine = :engine)`,
    { device, engine, generation, attempts, at, until },
  );
  return { held: claimed > 0 };
}

export function takeDuty(db: Database, { name, engine, at, until }: TakeDuty): Held {
  const taken = db.run(
    `INSERT INTO duties (name, engine, until) VALUES (:name, :engine, :until)
     ON CONFLICT (name) DO UPDATE SET engine = excluded.engine, until = excluded.until
     WHERE duties.engine = excluded.engine OR duties.until <= :at`,
    { name, engine, at, until },
  );
  return { held: taken > 0 };
}

export function leaveDuty(db: Database, { name, engine }: ChangeOf<"leave-duty">): Held {
  db.write("DELETE FROM duties WHERE name = :name AND engine = :engine", { name, engine });
  return { held: true };
}
