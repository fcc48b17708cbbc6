import type { BorrowNotifications, ChangeOf, Held } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findDevice } from "../device-rows.ts";

export function borrowNotifications(db: Database, { device, at, borrowed }: BorrowNotifications): Held {
  if (findDevice(db, device) === undefined) return { held: false };
  for (const { path, before } of borrowed) {
    db.write(
      `INSERT INTO borrowed_notifications (device, path, was, at) VALUES (:device, :path, :before, :at)
       ON CONFLICT (device, path) DO NOTHING`,
      { device, path, before, at },
    );
  }
  return { held: true };
}

export function putBackNotifications(
  db: Database,
  { device, operation }: ChangeOf<"put-back-notifications">,
): Held {
  const values = { device, operation };
  const changed = db.run(
    "UPDATE borrowed_notifications SET putting_back = :operation WHERE device = :device",
    values,
  );
  return { held: changed > 0 };
}

export function returnNotifications(db: Database, { device, paths }: ChangeOf<"return-notifications">): Held {
  for (const path of paths) {
    db.write("DELETE FROM borrowed_notifications WHERE device = :device AND path = :path", { device, path });
  }
  return { held: true };
}
