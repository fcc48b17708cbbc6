import type { DeviceKey, JsonObject } from "@heliograph/protocol";
import type {
  ChannelName,
  ChannelQuery,
  ChannelRecord,
  ChannelRules,
  MemberQuery,
  MemberRecord,
  Page,
  Position,
  Publication,
  PublicationQuery,
  PublicationResult,
} from "../ports/index.ts";
import type { Database } from "./database.ts";
import { readDocument, type Document } from "./document.ts";
import { integer, optionalInteger, optionalText, present, text, type Row } from "./row.ts";

const CHANNEL = `SELECT name, rules, epoch, head, created_at,
  (SELECT min(channel_offset) FROM publications WHERE channel = name) AS first FROM channels`;
const PUBLICATION = `SELECT sequence, channel, epoch, channel_offset, at, publisher, data, rules
  FROM publications JOIN channels ON name = channel`;

export function findChannel(db: Database, name: ChannelName): ChannelRecord | undefined {
  const row = db.get(`${CHANNEL} WHERE name = :name`, { name });
  return row === undefined ? undefined : channelOf(row);
}

export function findChannels(db: Database, { after, limit }: ChannelQuery): Page<ChannelRecord> {
  const values = { after: after ?? "", limit: limit + 1 };
  const rows = db.all(`${CHANNEL} WHERE name > :after ORDER BY name LIMIT :limit`, values);
  return pageOf(rows.map(channelOf), limit, ({ name }) => name);
}

/** Whose rules let members hear nothing is a channel that its members only speak on. */
export function findChannelsOf(db: Database, device: DeviceKey): readonly ChannelRecord[] {
  const rows = db.all(
    `${CHANNEL} WHERE owner = :device
       OR name IN (SELECT channel FROM channel_members WHERE device = :device)
       OR name IN (SELECT 'public/' || group_name FROM group_members WHERE device = :device) ORDER BY name`,
    { device },
  );
  return rows.map(channelOf).filter(({ rules }) => rules.subscribers.includes("members"));
}

export function findPublications(
  db: Database,
  { channel, after, limit }: PublicationQuery,
): readonly Publication[] {
  const rows = db.all(
    `${PUBLICATION} WHERE channel = :channel AND channel_offset > :after
     ORDER BY channel_offset LIMIT :limit`,
    { channel, after, limit },
  );
  return rows.map(publicationOf);
}

export function findNewPublications(
  db: Database,
  { after, limit }: { readonly after: number; readonly limit: number },
): readonly Publication[] {
  const rows = db.all(`${PUBLICATION} WHERE sequence > :after ORDER BY sequence LIMIT :limit`, {
    after,
    limit,
  });
  return rows.map(publicationOf);
}

/** By the publication's own id. */
export function findPublication(db: Database, channel: ChannelName, id: string): Publication | undefined {
  const row = db.get(`${PUBLICATION} WHERE channel = :channel AND id = :id`, { channel, id });
  return row === undefined ? undefined : publicationOf(row);
}

export function newestPublication(db: Database): number {
  const row = db.get("SELECT coalesce(max(sequence), 0) AS sequence FROM publications");
  return row === undefined ? 0 : integer(row, "sequence");
}

export function findChannelMembers(db: Database, { channel, after, limit }: MemberQuery): Page<MemberRecord> {
  const rows = db.all(
    `SELECT key AS device, epoch, channel_offset, at, result FROM devices
     LEFT JOIN positions ON positions.device = key AND positions.channel = :channel
     WHERE key > :after AND (
       key = (SELECT owner FROM channels WHERE name = :channel)
       OR key IN (SELECT device FROM channel_members WHERE channel = :channel)
       OR key IN (SELECT device FROM group_members WHERE group_name = :group)
     ) ORDER BY key LIMIT :limit`,
    { channel, group: groupOf(channel), after: after ?? "", limit: limit + 1 },
  );
  return pageOf(rows.map(memberOf), limit, ({ device }) => device);
}

export function findPosition(db: Database, channel: ChannelName, device: DeviceKey): Position | undefined {
  const row = db.get(
    "SELECT epoch, channel_offset, at FROM positions WHERE channel = :channel AND device = :device",
    { channel, device },
  );
  return row && positionOf(row);
}

export function isMemberOf(db: Database, channel: ChannelName, device: DeviceKey): boolean {
  const found = db.get(
    `SELECT 1 FROM channels WHERE name = :channel AND owner = :device
     UNION ALL SELECT 1 FROM channel_members WHERE channel = :channel AND device = :device
     UNION ALL SELECT 1 FROM channels JOIN group_members ON group_name = :group AND device = :device
       WHERE name = :channel`,
    { channel, device, group: groupOf(channel) },
  );
  return found !== undefined;
}

/** Whose devices are members; of a private channel, no group's. */
function groupOf(channel: ChannelName): string {
  return channel.startsWith("public/") ? channel.slice("public/".length) : "";
}

function channelOf(row: Row): ChannelRecord {
  const head = integer(row, "head");
  return {
    name: text(row, "name") as ChannelName,
    rules: rulesOf(row),
    epoch: text(row, "epoch"),
    head,
    first: optionalInteger(row, "first") ?? head + 1,
    createdAt: integer(row, "created_at"),
  };
}

function publicationOf(row: Row): Publication {
  return {
    sequence: integer(row, "sequence"),
    channel: text(row, "channel") as ChannelName,
    epoch: text(row, "epoch"),
    offset: integer(row, "channel_offset"),
    at: integer(row, "at"),
    by: text(row, "publisher"),
    answer: rulesOf(row).answers,
    data: readDocument(text(row, "data") as Document<JsonObject>),
  };
}

function memberOf(row: Row): MemberRecord {
  const result = optionalText(row, "result");
  return present({
    device: text(row, "device") as DeviceKey,
    position: positionOf(row),
    result: result === undefined ? undefined : readDocument(result as Document<PublicationResult>),
  });
}

/** Who answered and never said how far it is has a row without one. */
function positionOf(row: Row): (Position & { readonly at: number }) | undefined {
  const epoch = optionalText(row, "epoch");
  if (epoch === undefined) return undefined;
  return { epoch, offset: integer(row, "channel_offset"), at: integer(row, "at") };
}

function rulesOf(row: Row): ChannelRules {
  return readDocument(text(row, "rules") as Document<ChannelRules>);
}

/** The first `limit` of items that were read one further, to see whether more follow. */
function pageOf<T>(items: readonly T[], limit: number, keyOf: (item: T) => string): Page<T> {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return items.length > limit && last !== undefined ? { items: shown, next: keyOf(last) } : { items: shown };
}
