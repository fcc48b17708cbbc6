import type { Held, RecordStrain, RelieveDevice, Strain } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { writeDocument } from "../document.ts";
import { findDevice } from "../device-rows.ts";
import { hasAudit, storeAudit, storeEvents } from "./journal.ts";

/** Held also where it is known already. */
export function recordStrain(db: Database, { device: key, strain, events }: RecordStrain): Held {
  const device = findDevice(db, key);
  if (device === undefined) return { held: false };
  if (isSame(device.strain, strain)) return { held: true };
  db.write("UPDATE devices SET strain = :strain WHERE key = :key", {
    key,
    strain: strain === undefined ? null : writeDocument(strain),
  });
  storeEvents(db, events);
  return { held: true };
}

function isSame(known: Strain | undefined, strain: Strain | undefined): boolean {
  return known?.at === strain?.at && known?.strikes === strain?.strikes && known?.reason === strain?.reason;
}

export function relieveDevice(db: Database, { device: key, audit, events }: RelieveDevice): Held {
  if (hasAudit(db, audit)) return { held: true };
  const relieved = db.run("UPDATE devices SET strain = NULL, circle = NULL WHERE key = :key", { key });
  if (relieved === 0) return { held: false };
  storeAudit(db, audit);
  storeEvents(db, events);
  return { held: true };
}
