import type { DeviceKey } from "@heliograph/protocol";
import {
  MAX_GROUPS,
  type ChangeOf,
  type CountReason,
  type GroupName,
  type GroupRecord,
  type Held,
  type RemoveGroup,
  type ResultOf,
  type SetGroup,
  type SetGroupResult,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findAskingGroups, findGroup, type AskingGroup } from "../groups/group-rows.ts";
import { regroup } from "../groups/membership.ts";
import { neededText } from "../groups/needed-facts.ts";
import { integer, text } from "../row.ts";
import { hasAudit, storeAudit } from "./journal.ts";

export function setGroup(db: Database, change: SetGroup): SetGroupResult {
  const { name, description, expression, trustedFactsOnly, at, audit } = change;
  const known = findGroup(db, name);
  if (known !== undefined && hasAudit(db, audit)) return { type: "changed", group: known };
  if (known === undefined && countGroupRows(db) >= MAX_GROUPS) return { type: "refused", reason: "too-many" };
  db.write(
    `INSERT INTO device_groups (name, description, expression, trusted, created_at, changed_at)
     VALUES (:name, :description, :expression, :trusted, :at, :at)
     ON CONFLICT (name) DO UPDATE SET description = excluded.description, expression = excluded.expression,
       trusted = excluded.trusted, changed_at = excluded.changed_at`,
    { name, description, expression, trusted: Number(trustedFactsOnly), at },
  );
  if (known?.expression !== expression) beginCounting(db, name, "expression");
  noteNeeds(db);
  storeAudit(db, audit);
  return { type: known === undefined ? "made" : "changed", group: theGroup(db, name) };
}

export function removeGroup(db: Database, { name, audit }: RemoveGroup): Held {
  if (db.run("DELETE FROM device_groups WHERE name = :name", { name }) === 0)
    return { held: hasAudit(db, audit) };
  noteNeeds(db);
  storeAudit(db, audit);
  return { held: true };
}

/** Those whose expressions say something of the time, unless they are being counted already. */
export function recountGroups(db: Database): Held {
  for (const { name, asks } of findAskingGroups(db)) {
    const isTimed = TIMED.some((fact) => asks.facts.has(fact));
    if (isTimed) beginCounting(db, name, "time");
  }
  return { held: true };
}

/** Those that ask whether devices are connected, where connections were lost all at once. */
export function recountConnected(db: Database): void {
  for (const { name, asks } of findAskingGroups(db)) {
    if (asks.facts.has("reachability")) beginCounting(db, name, "restart");
  }
}

/** Groups that have come equally far go on together. */
export function countGroups(db: Database, { at, limit }: ChangeOf<"count-groups">): ResultOf<"count-groups"> {
  const groups = findAskingGroups(db);
  const counting = groups.filter((group) => group.counting !== undefined);
  const after = counting.map(({ countedTo }) => countedTo).toSorted()[0];
  if (after === undefined) return { goesOn: false };
  const together = counting.filter(({ countedTo }) => countedTo === after);
  const rows = db.all("SELECT key FROM devices WHERE key > :after ORDER BY key LIMIT :limit", {
    after,
    limit,
  });
  const keys = rows.map((row) => text(row, "key") as DeviceKey);
  db.apart(keys, (apart, key) => regroup(apart, key, { at, because: "count", groups, counted: together }));
  const last = keys.length < limit ? undefined : keys.at(-1);
  for (const group of together) noteCounted(db, group, { last, count: keys.length });
  return { goesOn: last !== undefined || counting.length > together.length };
}

/** They change with every Inform, or with time itself. */
const TIMED = ["lastInform", "lastBoot", "lastBootstrap", "enrolled", "reachability"] as const;

/** One that is under way begins anew, unless it is only that time has gone by. */
function beginCounting(db: Database, name: GroupName, because: CountReason): void {
  db.write(
    `UPDATE device_groups SET counting = CASE counting WHEN 'expression' THEN counting ELSE :because END,
       counted_to = '', counted = 0
     WHERE name = :name AND (counting IS NULL OR :because <> 'time')`,
    { name, because },
  );
}

function noteCounted(
  db: Database,
  { name }: AskingGroup,
  { last, count }: { readonly last: DeviceKey | undefined; readonly count: number },
): void {
  if (last === undefined) {
    db.write("UPDATE device_groups SET counting = NULL, counted_to = '', counted = 0 WHERE name = :name", {
      name,
    });
    return;
  }
  db.write("UPDATE device_groups SET counted_to = :last, counted = counted + :count WHERE name = :name", {
    name,
    last,
    count,
  });
}

function noteNeeds(db: Database): void {
  const needed = neededText(findAskingGroups(db));
  db.write(
    `INSERT INTO group_book (name, needed) VALUES ('groups', :needed)
     ON CONFLICT (name) DO UPDATE SET needed = excluded.needed`,
    { needed },
  );
}

function countGroupRows(db: Database): number {
  const row = db.get("SELECT count(*) AS groups FROM device_groups");
  return row === undefined ? 0 : integer(row, "groups");
}

function theGroup(db: Database, name: GroupName): GroupRecord {
  const group = findGroup(db, name);
  if (group === undefined) throw new Error(`the group ${name} has gone`);
  return group;
}
