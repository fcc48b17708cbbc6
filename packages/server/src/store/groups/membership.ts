import {
  evaluate,
  type DeviceKey,
  type JsonObject,
  type JsonValue,
  isFactName,
  type KnownFacts,
  type ParameterValues,
} from "@heliograph/protocol";
import {
  HIDDEN,
  isSecret,
  knownFacts,
  type DeviceRecord,
  type GroupName,
  type MembershipReason,
} from "../../ports/index.ts";
import { learnLesson } from "../changes/learn-lesson.ts";
import type { Database } from "../database.ts";
import { findDevice } from "../device-rows.ts";
import { readDocument, writeDocument, type Document } from "../document.ts";
import { text, type Row } from "../row.ts";
import { changedFacts, groupFacts, neededValues, tellsNews, type GroupFacts } from "./group-facts.ts";
import { findAskingGroups, type AskingGroup } from "./group-rows.ts";
import { findAsked } from "./known-parameters.ts";
import { neededBy, readNeeded } from "./needed-facts.ts";

/** Of an Inform, what groups may ask for. */
export interface Told {
  readonly key: DeviceKey;
  readonly at: number;
  readonly parameters: Document<ParameterValues>;
  readonly bootstrapped: boolean;
}

/**
 * After an Inform was written to the device's row. One that tells nothing new of what groups ask for costs a comparison:
 * nothing is read, and no expression looked at. What it tells is learned, as the next Inform may not repeat it.
 */
export function regroupInformed(db: Database, said: Told, row: Row): void {
  const needed = readNeeded(text(row, "group_needs"));
  if (needed.facts.length + needed.paths.length === 0) return;
  const { key, at } = said;
  const parameters = readDocument(said.parameters);
  if (!said.bootstrapped && !tellsNews({ at, parameters, row }, needed, groupFactsOf(row))) return;
  const values = neededValues(parameters, needed.paths);
  if (Object.keys(values).length > 0) learnLesson(db, key, { at, values });
  regroup(db, key, { at, because: "facts" });
}

/** After anything else of a device may have changed that groups ask for. */
export function regroupChanged(db: Database, device: DeviceKey, at: number | undefined): void {
  const row = db.get("SELECT needed FROM group_book");
  if (row === undefined || text(row, "needed") === "") return;
  const when = at ?? lastHere(findDevice(db, device));
  regroup(db, device, { at: when, because: "facts" });
}

/** A device that has come in is looked at for every group. */
export function regroupEnrolled(db: Database, device: DeviceKey, at: number): void {
  regroup(db, device, { at, because: "enrolled" });
}

/** Before a device is removed: its memberships end with it. */
export function leaveGroups(db: Database, device: DeviceKey, at: number): void {
  for (const group of findMemberships(db, device)) {
    db.write("UPDATE device_groups SET members = members - 1 WHERE name = :group", { group });
    storeChange(db, { device, at, group, name: "group-left", reason: { because: "removed" } });
  }
}

export interface Regrouping {
  readonly at: number;
  readonly because: "facts" | "enrolled" | "count";
  /** All there are; left out, they are read. */
  readonly groups?: readonly AskingGroup[];
  /** Those that look at it whatever has changed; left out, none or, of a device that has come in, all. */
  readonly counted?: readonly AskingGroup[];
}

/** Looks at a device anew, for the groups that ask for what has changed of it. */
export function regroup(db: Database, key: DeviceKey, regrouping: Regrouping): void {
  const { at, because, groups = findAskingGroups(db) } = regrouping;
  const { counted = because === "enrolled" ? groups : [] } = regrouping;
  const device = findDevice(db, key);
  if (device === undefined || groups.length === 0) return;
  const needed = neededBy(groups);
  const parameters = findAsked(db, key, needed.paths);
  const before = findGroupFacts(db, key);
  const known = knownFacts(device, parameters, at);
  const after = groupFacts(needed, { parameters, known });
  const changed = changedFacts(before, after);
  if (counted.length === 0 && changed.length === 0) return;
  const looking = { db, key, at, known, memberships: findMemberships(db, key) };
  for (const group of groups) {
    const facts = changed.filter((name) => asksFor(group, name));
    const isCounted = counted.includes(group);
    if (facts.length === 0 && !isCounted) continue;
    settle(looking, group, reasonOf({ because, group, isCounted, facts, before, after }));
  }
  if (changed.length > 0) {
    db.write("UPDATE devices SET group_facts = :facts WHERE key = :key", {
      key,
      facts: writeDocument(after),
    });
  }
}

interface Looking {
  readonly db: Database;
  readonly key: DeviceKey;
  readonly at: number;
  readonly known: KnownFacts;
  readonly memberships: ReadonlySet<GroupName>;
}

/** What is not known makes nobody a member. */
function settle({ db, key, at, known, memberships }: Looking, group: AskingGroup, reason: Reason): void {
  const belongs = evaluate(group.expression, known) === true;
  if (belongs === memberships.has(group.name)) return;
  const member = { group: group.name, key };
  if (belongs) {
    db.write("INSERT INTO group_members (group_name, device, since) VALUES (:group, :key, :at)", {
      ...member,
      at,
    });
  } else {
    db.write("DELETE FROM group_members WHERE group_name = :group AND device = :key", member);
  }
  db.write("UPDATE device_groups SET members = members + :change WHERE name = :group", {
    group: group.name,
    change: belongs ? 1 : -1,
  });
  const name = belongs ? "group-joined" : "group-left";
  storeChange(db, { device: key, at, group: group.name, name, reason });
}

interface Reason {
  readonly because: MembershipReason;
  readonly facts?: readonly FactChange[];
}

/** A value that was or is not known is left out. */
type FactChange = { readonly fact: string; readonly from?: JsonValue; readonly to?: JsonValue };

/** An event stays small, whatever a device says. */
const MAX_TOLD = 8;
const MAX_VALUE_CHARS = 256;

/** What counting finds that facts account for is told as theirs; with a new expression, the expression accounts for it. */
function reasonOf(change: {
  readonly because: Regrouping["because"];
  readonly group: AskingGroup;
  readonly isCounted: boolean;
  readonly facts: readonly string[];
  readonly before: GroupFacts;
  readonly after: GroupFacts;
}): Reason {
  const { because, group, isCounted, facts, before, after } = change;
  if (because === "enrolled") return { because };
  const { counting = "time" } = group;
  if (isCounted && (counting === "expression" || facts.length === 0)) return { because: counting };
  return {
    because: "facts",
    facts: facts.slice(0, MAX_TOLD).map((fact) => ({
      fact,
      ...told(fact, "from", before[fact]),
      ...told(fact, "to", after[fact]),
    })),
  };
}

function told(
  fact: string,
  name: "from" | "to",
  value: JsonValue | undefined,
): { readonly [name: string]: JsonValue } {
  if (value === undefined) return {};
  // Events are told to many.
  if (isSecret(fact)) return { [name]: HIDDEN };
  const written = writeDocument(value);
  return { [name]: written.length > MAX_VALUE_CHARS ? `${written.slice(0, MAX_VALUE_CHARS)}…` : value };
}

function asksFor({ asks: { facts, paths } }: AskingGroup, name: string): boolean {
  return isFactName(name) ? facts.has(name) : paths.has(name);
}

function storeChange(
  db: Database,
  change: {
    readonly device: DeviceKey;
    readonly at: number;
    readonly group: GroupName;
    readonly name: "group-joined" | "group-left";
    readonly reason: Reason;
  },
): void {
  const { device, at, group, name, reason } = change;
  const data: JsonObject = { group, because: reason.because, ...(reason.facts && { facts: reason.facts }) };
  db.write(
    "INSERT INTO events (at, device, name, group_name, data) VALUES (:at, :device, :name, :group, :data)",
    { at, device, name, group, data: writeDocument(data) },
  );
}

/** What a change does that does not say when, it does soon after the device was here. */
function lastHere(device: DeviceRecord | undefined): number {
  const { lastInformAt = 0, connection, enrolledAt = 0 } = device ?? {};
  return Math.max(lastInformAt, connection?.openedAt ?? 0, enrolledAt);
}

function findMemberships(db: Database, device: DeviceKey): ReadonlySet<GroupName> {
  const rows = db.all("SELECT group_name FROM group_members WHERE device = :device", { device });
  return new Set(rows.map((row) => text(row, "group_name") as GroupName));
}

function findGroupFacts(db: Database, key: DeviceKey): GroupFacts {
  const row = db.get("SELECT group_facts FROM devices WHERE key = :key", { key });
  return row === undefined ? {} : groupFactsOf(row);
}

function groupFactsOf(row: Row): GroupFacts {
  return readDocument(text(row, "group_facts") as Document<GroupFacts>);
}
