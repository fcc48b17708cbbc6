import type { ChangeOf, Held, Prune } from "../../ports/index.ts";
import type { Database, Values } from "../database.ts";
import { integer, text } from "../row.ts";
import { newestEventId } from "./journal.ts";

export function relayPosition(db: Database): number {
  const row = db.get("SELECT position FROM relay WHERE name = 'events'");
  return row === undefined ? 0 : integer(row, "position");
}

/** Made with the schema. */
export function storeIdentity(db: Database): string {
  const row = db.get("SELECT store FROM relay WHERE name = 'events'");
  return row === undefined ? "" : text(row, "store");
}

/** The relay's position only rises. */
export function moveRelay(db: Database, { position }: ChangeOf<"move-relay">): Held {
  const moved = db.run(
    "UPDATE relay SET position = :position WHERE name = 'events' AND position <= :position",
    {
      position,
    },
  );
  return { held: moved > 0 };
}

/** Ids of events have no gaps, so the newest one tells which are too many. */
export function prune(db: Database, change: Prune): { readonly deleted: number } {
  const { limit } = change;
  const deletions: readonly (readonly [sql: string, values: Values])[] = [
    [
      `DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < :before ORDER BY at LIMIT :limit)`,
      { before: change.eventsBefore, limit },
    ],
    [
      `DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id <= :last ORDER BY id LIMIT :limit)`,
      { last: newestEventId(db) - change.maxEvents, limit },
    ],
    [
      `DELETE FROM operations WHERE id IN
         (SELECT id FROM operations WHERE ended_at < :before ORDER BY ended_at LIMIT :limit)`,
      { before: change.operationsEndedBefore, limit },
    ],
    [
      `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < :before ORDER BY at LIMIT :limit)`,
      { before: change.auditBefore, limit },
    ],
    [
      `DELETE FROM grants WHERE id IN
         (SELECT id FROM grants WHERE expires_at < :before ORDER BY expires_at LIMIT :limit)`,
      { before: change.auditBefore, limit },
    ],
    [
      `DELETE FROM api_tokens WHERE id IN
         (SELECT id FROM api_tokens WHERE user_name IS NOT NULL AND expires_at < :before
          ORDER BY expires_at LIMIT :limit)`,
      { before: change.eventsBefore, limit },
    ],
  ];
  const deleted = deletions.reduce((sum, [sql, values]) => sum + db.run(sql, values), 0);
  return { deleted };
}
