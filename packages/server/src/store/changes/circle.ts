import type { DeviceKey } from "@heliograph/protocol";
import { touches, touchKey, type Circle, type OperationRecord, type Touch } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { knownDevice } from "../device-rows.ts";
import { readDocument, writeDocument, type Document } from "../document.ts";
import { text } from "../row.ts";
import { storeEvents } from "./journal.ts";

/** So often in so long a path may be read, or written, by what asks by itself. */
const MOST = 10;
const WINDOW_MS = 600_000;
/** No more operations than these are looked through. */
const MOST_LOOKED_AT = 500;
/** It is stopped for so long, and for twice as long where it goes on within a day. */
const FIRST_STOP_MS = 1_800_000;
const LONGEST_STOP_MS = 86_400_000;
const FORGOTTEN_MS = 86_400_000;

type Automatic = Pick<OperationRecord, "device" | "rpcs" | "createdAt">;

/** Stops what asks by itself where the operation that was just stored is one too many for a path that it touches. */
export function stopCircle(db: Database, { device, rpcs, createdAt: now }: Automatic): void {
  const recent = recentOf(db, device, now - WINDOW_MS);
  if (recent.length < MOST) return;
  const touched = touches(rpcs).find((touch) => among(recent, touch).length >= MOST);
  if (touched === undefined) return;
  const same = among(recent, touched);
  const before = earlier(knownDevice(db, device).circle, now);
  const until = now + Math.min(FIRST_STOP_MS * 2 ** before, LONGEST_STOP_MS);
  const by = [...new Set(same.map(({ automatic }) => automatic))];
  const circle: Circle = { ...touched, times: same.length, by, at: now, until, before };
  db.write("UPDATE devices SET circle = :circle WHERE key = :device", {
    device,
    circle: writeDocument(circle),
  });
  const { access, path, times } = circle;
  const data = { access, path, times, by, until: new Date(until).toISOString() };
  storeEvents(db, [{ at: now, device, name: "circle-stopped", data }]);
}

interface Recent {
  readonly automatic: string;
  readonly keys: ReadonlySet<string>;
}

function recentOf(db: Database, device: DeviceKey, since: number): readonly Recent[] {
  const rows = db.all(
    `SELECT automatic, rpcs FROM operations
     WHERE device = :device AND automatic IS NOT NULL AND created_at > :since
     ORDER BY created_at DESC LIMIT ${MOST_LOOKED_AT}`,
    { device, since },
  );
  if (rows.length < MOST) return [];
  return rows.map((row) => {
    const rpcs = readDocument(text(row, "rpcs") as Document<OperationRecord["rpcs"]>);
    return { automatic: text(row, "automatic"), keys: new Set(touches(rpcs).map(touchKey)) };
  });
}

function among(recent: readonly Recent[], touch: Touch): readonly Recent[] {
  return recent.filter(({ keys }) => keys.has(touchKey(touch)));
}

function earlier(circle: Circle | undefined, now: number): number {
  return circle === undefined || now - circle.until > FORGOTTEN_MS ? 0 : circle.before + 1;
}
