import { MAX_TAGS, type Held, type SetTags } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findDevice, searchText } from "../device-rows.ts";
import { writeDocument } from "../document.ts";
import { regroupChanged } from "../groups/membership.ts";
import { saveSearched } from "../groups/searched-rows.ts";
import { hasAudit, storeAudit, storeEvents } from "./journal.ts";

/** To give a tag that is there, or take one that is not, changes nothing. */
export function setTags(db: Database, { device: key, add, remove, at, audit }: SetTags): Held {
  const device = findDevice(db, key);
  if (device === undefined) return { held: false };
  if (hasAudit(db, audit)) return { held: true };
  const added = [...new Set(add)].filter((tag) => !device.tags.includes(tag));
  const removed = remove.filter((tag) => device.tags.includes(tag));
  const tags = [...device.tags.filter((tag) => !removed.includes(tag)), ...added].toSorted();
  if (tags.length > MAX_TAGS && added.length > 0) return { held: false };
  if (added.length + removed.length === 0) return { held: true };
  const changed = { ...device, tags };
  db.write("UPDATE devices SET tags = :tags, search = :search WHERE key = :key", {
    key,
    tags: writeDocument(tags),
    search: searchText(changed),
  });
  saveSearched(db, changed, ["tag"]);
  storeAudit(db, audit);
  storeEvents(db, [{ at, device: key, name: "tags-changed", data: { added, removed } }]);
  regroupChanged(db, key, at);
  return { held: true };
}
