import {
  defaultChannelRules,
  MAX_PUBLIC_CHANNELS,
  ownerOf,
  type ChannelName,
  type ChannelRecord,
  type Held,
  type MovePosition,
  type Publication,
  type Publishing,
  type PublishOutcome,
  type RecordResult,
  type RemoveChannel,
  type RenewChannel,
  type SetChannel,
  type SetChannelResult,
  type SetMember,
} from "../../ports/index.ts";
import { findChannel, findPosition, findPublication, isMemberOf } from "../channel-rows.ts";
import type { Database } from "../database.ts";
import { findDevice } from "../device-rows.ts";
import { writeDocument } from "../document.ts";
import { integer } from "../row.ts";
import { heedAnswer } from "./compliance.ts";
import { hasAudit, storeAudit, storeEvents } from "./journal.ts";
import { repeatConfiguration } from "./own-configuration.ts";
import { appendPublication, insertChannel, trim } from "./publications.ts";

export function setChannel(db: Database, change: SetChannel): SetChannelResult {
  const { name, rules, audit } = change;
  const known = findChannel(db, name);
  if (known === undefined) {
    const reason = whyNot(db, name);
    if (reason !== undefined) return { type: "refused", reason };
  }
  if (known === undefined) insertChannel(db, change);
  else {
    db.write("UPDATE channels SET rules = :rules WHERE name = :name", { name, rules: writeDocument(rules) });
    trim(db, name, rules);
  }
  storeAudit(db, audit);
  return { type: "set", channel: knownChannel(db, name) };
}

export function removeChannel(db: Database, { name, audit }: RemoveChannel): Held {
  if (hasAudit(db, audit)) return { held: true };
  if (db.run("DELETE FROM channels WHERE name = :name", { name }) === 0) return { held: false };
  storeAudit(db, audit);
  return { held: true };
}

export function renewChannel(db: Database, { name, epoch, audit }: RenewChannel): Held {
  const values = { name, epoch };
  if (db.run("UPDATE channels SET epoch = :epoch WHERE name = :name", values) === 0) return { held: false };
  storeAudit(db, audit);
  return { held: true };
}

export function setMember(db: Database, change: SetMember): Held {
  const { channel, device, isMember, at, audit } = change;
  if (findChannel(db, channel) === undefined || findDevice(db, device) === undefined) return { held: false };
  const changed = isMember
    ? db.run(
        `INSERT INTO channel_members (channel, device, since) VALUES (:channel, :device, :at)
         ON CONFLICT (channel, device) DO NOTHING`,
        { channel, device, at },
      )
    : db.run("DELETE FROM channel_members WHERE channel = :channel AND device = :device", {
        channel,
        device,
      });
  if (changed > 0) storeAudit(db, audit);
  return { held: true };
}

export function publish(db: Database, change: Publishing): PublishOutcome {
  const { channel: name, id, audit } = change;
  const channel = findChannel(db, name) ?? ownChannel(db, change);
  if (channel === undefined) return { type: "refused", reason: "unknown-channel" };
  const earlier = findPublication(db, name, id);
  if (earlier !== undefined) return { type: "published", publication: earlier, repeated: true };
  appendPublication(db, channel, change);
  repeatConfiguration(db, change);
  if (audit !== undefined) storeAudit(db, audit);
  const publication = knownPublication(db, name, id);
  tellOwner(db, publication);
  return { type: "published", publication, repeated: false };
}

export function movePosition(db: Database, change: MovePosition): Held {
  const { channel, device, position, at } = change;
  if (!isMemberOf(db, channel, device)) return { held: false };
  const known = findPosition(db, channel, device);
  if (known?.epoch === position.epoch && known.offset >= position.offset) return { held: true };
  db.write(
    `INSERT INTO positions (channel, device, epoch, channel_offset, at)
     VALUES (:channel, :device, :epoch, :offset, :at)
     ON CONFLICT (channel, device) DO UPDATE SET
       epoch = excluded.epoch, channel_offset = excluded.channel_offset, at = excluded.at`,
    { channel, device, at, epoch: position.epoch, offset: position.offset },
  );
  return { held: true };
}

export function recordResult(db: Database, change: RecordResult): Held {
  const { channel, device, result, events } = change;
  if (!isMemberOf(db, channel, device)) return { held: false };
  const values = { channel, device, result: writeDocument(result) };
  const known = db.get(
    "SELECT 1 FROM positions WHERE channel = :channel AND device = :device AND result = :result",
    values,
  );
  if (known !== undefined) return { held: true };
  db.write(
    `INSERT INTO positions (channel, device, result) VALUES (:channel, :device, :result)
     ON CONFLICT (channel, device) DO UPDATE SET result = excluded.result`,
    values,
  );
  storeEvents(db, events);
  heedAnswer(db, change);
  return { held: true };
}

/** What is published on a device's own channel is an event of the device. */
function tellOwner(db: Database, { channel, epoch, offset, at }: Publication): void {
  const device = ownerOf(channel);
  if (device === undefined) return;
  storeEvents(db, [{ at, device, name: "published", data: { channel, epoch, offset } }]);
}

/** Why there can be no such channel. */
function whyNot(db: Database, name: ChannelName): "unknown-device" | "too-many" | undefined {
  const owner = ownerOf(name);
  if (owner !== undefined) return findDevice(db, owner) === undefined ? "unknown-device" : undefined;
  const row = db.get("SELECT count(*) AS channels FROM channels WHERE owner IS NULL");
  return row !== undefined && integer(row, "channels") >= MAX_PUBLIC_CHANNELS ? "too-many" : undefined;
}

/** A device's own channel is there as soon as something is published on it. */
function ownChannel(db: Database, { channel: name, epoch, at }: Publishing): ChannelRecord | undefined {
  const owner = ownerOf(name);
  if (owner === undefined || findDevice(db, owner) === undefined) return undefined;
  insertChannel(db, { name, rules: defaultChannelRules, epoch, at });
  return findChannel(db, name);
}

function knownChannel(db: Database, name: ChannelName): ChannelRecord {
  const channel = findChannel(db, name);
  if (channel === undefined) throw new Error(`the channel ${name} is gone`);
  return channel;
}

function knownPublication(db: Database, channel: ChannelName, id: string): Publication {
  const publication = findPublication(db, channel, id);
  if (publication === undefined) throw new Error(`a publication on ${channel} is gone`);
  return publication;
}
