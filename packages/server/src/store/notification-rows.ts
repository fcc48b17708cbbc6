import type { DeviceKey } from "@heliograph/protocol";
import type { BorrowedNotification, OperationId } from "../ports/index.ts";
import type { Database } from "./database.ts";
import { integer, optionalText, present, text, type Row } from "./row.ts";

export function findBorrowedNotifications(db: Database, device: DeviceKey): readonly BorrowedNotification[] {
  return db
    .all("SELECT * FROM borrowed_notifications WHERE device = :device ORDER BY path", { device })
    .map((row) => borrowedOf(device, row));
}

export function findDevicesThatLent(
  db: Database,
  { after = "", limit }: { readonly after?: string; readonly limit: number },
): readonly DeviceKey[] {
  const rows = db.all(
    `SELECT DISTINCT device FROM borrowed_notifications WHERE device > :after ORDER BY device LIMIT :limit`,
    { after, limit },
  );
  return rows.map((row) => text(row, "device") as DeviceKey);
}

function borrowedOf(device: DeviceKey, row: Row): BorrowedNotification {
  const puttingBack = optionalText(row, "putting_back");
  return present({
    ...{ device, path: text(row, "path"), before: integer(row, "was"), at: integer(row, "at") },
    puttingBack: puttingBack === undefined ? undefined : (puttingBack as OperationId),
  });
}
