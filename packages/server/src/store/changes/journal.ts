import type { DeviceKey } from "@heliograph/protocol";
import type { AuditEntry, NewEvent } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { writeDocument } from "../document.ts";
import { integer } from "../row.ts";

export function storeEvents(db: Database, events: readonly NewEvent[]): void {
  for (const event of events) storeEvent(db, event, null);
}

/** Stores a report's events once; the first carries its key, so that the key lives as long as what it guards. */
export function storeReport(db: Database, reportKey: string, events: readonly NewEvent[]): void {
  events.forEach((event, index) => {
    storeEvent(db, event, index === 0 ? reportKey : null);
  });
}

export function hasReport(db: Database, device: DeviceKey, reportKey: string): boolean {
  const found = db.get("SELECT 1 FROM events WHERE device = :device AND report_key = :reportKey", {
    device,
    reportKey,
  });
  return found !== undefined;
}

/** The id of the newest event, 0 without one. */
export function newestEventId(db: Database): number {
  const row = db.get("SELECT coalesce(max(id), 0) AS id FROM events");
  return row === undefined ? 0 : integer(row, "id");
}

/** An entry that equals a stored one, to the millisecond, is the same entry come twice. */
export function storeAudit(db: Database, audit: AuditEntry): void {
  if (hasAudit(db, audit)) return;
  db.write(
    `INSERT INTO audit (at, manager, action, device, grant_id, detail)
     VALUES (:at, :manager, :action, :device, :grant, :detail)`,
    { ...auditValues(audit), grant: audit.grant ?? null },
  );
}

export function hasAudit(db: Database, audit: AuditEntry): boolean {
  const found = db.get(
    `SELECT 1 FROM audit
     WHERE at = :at AND manager = :manager AND action = :action AND detail = :detail
       AND coalesce(device, '') = coalesce(:device, '')`,
    auditValues(audit),
  );
  return found !== undefined;
}

function auditValues({ at, manager, action, device, detail }: AuditEntry) {
  return { at, manager, action, device: device ?? null, detail: writeDocument(detail) };
}

function storeEvent(db: Database, event: NewEvent, reportKey: string | null): void {
  db.write(
    `INSERT INTO events (at, device, name, operation, report_key, data)
     VALUES (:at, :device, :name, :operation, :reportKey, :data)`,
    {
      at: event.at,
      device: event.device,
      name: event.name,
      operation: event.operation ?? null,
      reportKey,
      data: writeDocument(event.data),
    },
  );
}
