import {
  dependenciesOf,
  parseExpression,
  type Dependencies,
  type DeviceKey,
  type Expression,
} from "@heliograph/protocol";
import {
  MAX_GROUPS,
  type CountReason,
  type EventRecord,
  type GroupChangeQuery,
  type GroupMember,
  type GroupMemberQuery,
  type GroupName,
  type GroupRecord,
  type Membership,
  type Page,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { eventOf } from "../journal-rows.ts";
import { choice, flag, integer, optionalText, present, text, type Row } from "../row.ts";

const countReasons: readonly CountReason[] = ["expression", "time", "restart"];
const GROUP = "SELECT device_groups.*, (SELECT count(*) FROM devices) AS devices FROM device_groups";

export function findGroups(db: Database): readonly GroupRecord[] {
  return db.all(`${GROUP} ORDER BY name`).map(groupOf);
}

export function findGroup(db: Database, name: GroupName): GroupRecord | undefined {
  const row = db.get(`${GROUP} WHERE name = :name`, { name });
  return row === undefined ? undefined : groupOf(row);
}

/** A group as devices are looked at for it. */
export interface AskingGroup {
  readonly name: GroupName;
  readonly expression: Expression;
  readonly asks: Dependencies;
  readonly counting?: CountReason;
  readonly countedTo: string;
}

export function findAskingGroups(db: Database): readonly AskingGroup[] {
  const rows = db.all("SELECT name, expression, counting, counted_to FROM device_groups ORDER BY name");
  return rows.map((row) =>
    present({
      name: text(row, "name") as GroupName,
      ...readGroup(text(row, "expression")),
      counting: countingOf(row),
      countedTo: text(row, "counted_to"),
    }),
  );
}

export function findGroupMembers(db: Database, query: GroupMemberQuery): Page<GroupMember> {
  const { group, after = "", limit } = query;
  const rows = db.all(
    `SELECT device, since FROM group_members WHERE group_name = :group AND device > :after
     ORDER BY device LIMIT :limit`,
    { group, after, limit: limit + 1 },
  );
  const members = rows.map((row) => ({
    device: text(row, "device") as DeviceKey,
    since: integer(row, "since"),
  }));
  return pageOf(members, limit, ({ device }) => device);
}

export function findGroupsOf(db: Database, device: DeviceKey): readonly Membership[] {
  const rows = db.all(
    "SELECT group_name, since FROM group_members WHERE device = :device ORDER BY group_name",
    { device },
  );
  return rows.map((row) => ({
    group: text(row, "group_name") as GroupName,
    since: integer(row, "since"),
  }));
}

export function findGroupChanges(db: Database, query: GroupChangeQuery): Page<EventRecord> {
  const { group, after, limit } = query;
  const rows = db.all(
    `SELECT * FROM events WHERE group_name = :group AND id < :before ORDER BY id DESC LIMIT :limit`,
    { group, before: after === undefined ? Number.MAX_SAFE_INTEGER : Number(after), limit: limit + 1 },
  );
  return pageOf(rows.map(eventOf), limit, ({ id }) => String(id));
}

type Read = Pick<AskingGroup, "expression" | "asks">;

/** Groups are read for every device that changes: the same text gives the same. */
const known = new Map<string, Read>();

/** What was stored was read before. */
function readGroup(printed: string): Read {
  const again = known.get(printed);
  if (again !== undefined) return again;
  const read = parseExpression(printed);
  if (!read.ok) throw new Error(`a group's expression is none: ${read.problem.detail}`);
  const group = { expression: read.value, asks: dependenciesOf(read.value) };
  const [oldest] = known.keys();
  if (oldest !== undefined && known.size >= MAX_GROUPS) known.delete(oldest);
  known.set(printed, group);
  return group;
}

function groupOf(row: Row): GroupRecord {
  const because = countingOf(row);
  return present({
    name: text(row, "name") as GroupName,
    description: text(row, "description"),
    expression: text(row, "expression"),
    trustedFactsOnly: flag(row, "trusted"),
    createdAt: integer(row, "created_at"),
    changedAt: integer(row, "changed_at"),
    members: integer(row, "members"),
    counting:
      because === undefined
        ? undefined
        : { because, counted: integer(row, "counted"), of: integer(row, "devices") },
  });
}

function countingOf(row: Row): CountReason | undefined {
  return optionalText(row, "counting") === undefined ? undefined : choice(row, "counting", countReasons);
}

/** The first `limit` of items that were read one further, to see whether more follow. */
function pageOf<T>(items: readonly T[], limit: number, keyOf: (item: T) => string): Page<T> {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return items.length > limit && last !== undefined ? { items: shown, next: keyOf(last) } : { items: shown };
}
