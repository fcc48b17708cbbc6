import {
  ownerOf,
  type ChannelName,
  type ChannelRecord,
  type ChannelRules,
  type Publishing,
  type SetChannel,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { writeDocument } from "../document.ts";

export function insertChannel(
  db: Database,
  { name, rules, epoch, at }: Pick<SetChannel, "name" | "rules" | "epoch" | "at">,
): void {
  db.write(
    `INSERT INTO channels (name, owner, rules, epoch, head, created_at)
     VALUES (:name, :owner, :rules, :epoch, 0, :at)`,
    { name, owner: ownerOf(name) ?? null, rules: writeDocument(rules), epoch, at },
  );
}

/** Under the next offset; what the history has no room for any more goes. */
export function appendPublication(
  db: Database,
  { name, head, rules }: ChannelRecord,
  published: Omit<Publishing, "epoch" | "audit">,
): void {
  insertPublication(db, head + 1, published);
  trim(db, name, rules);
}

function insertPublication(
  db: Database,
  offset: number,
  { channel, id, at, by, data }: Omit<Publishing, "epoch" | "audit">,
): void {
  const document = writeDocument(data);
  db.write(
    `INSERT INTO publications (channel, channel_offset, id, at, publisher, data, bytes)
     VALUES (:channel, :offset, :id, :at, :by, :data, :bytes)`,
    { channel, offset, id, at, by, data: document, bytes: Buffer.byteLength(document) },
  );
  db.write("UPDATE channels SET head = :offset WHERE name = :channel", { channel, offset });
}

/** Deletes what the history has no room for: the newest is the state, and stays. */
export function trim(db: Database, name: ChannelName, { history }: ChannelRules): void {
  const { count, bytes, seconds } = history;
  db.write(
    `DELETE FROM publications WHERE channel = :name
       AND channel_offset < (SELECT head FROM channels WHERE name = :name)
       AND (channel_offset <= (SELECT head FROM channels WHERE name = :name) - :count
         OR channel_offset IN (
           SELECT channel_offset FROM (
             SELECT channel_offset, sum(bytes) OVER (ORDER BY channel_offset DESC) AS upto
             FROM publications WHERE channel = :name
           ) AS summed WHERE upto > :bytes))`,
    { name, count, bytes },
  );
  if (seconds === undefined) return;
  db.write(
    `DELETE FROM publications WHERE channel = :name
       AND channel_offset < (SELECT head FROM channels WHERE name = :name)
       AND at < (SELECT max(at) FROM publications WHERE channel = :name) - :age`,
    { name, age: seconds * 1_000 },
  );
}
