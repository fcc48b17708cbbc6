import type { DeviceKey, JsonObject } from "@heliograph/protocol";
import {
  channelOfPolicy,
  policyChannelRules,
  privateChannel,
  publicationOf,
  type BeginCompliance,
  type Devices,
  type EndCompliance,
} from "../../ports/index.ts";
import { findChannel } from "../channel-rows.ts";
import { listed, type Database } from "../database.ts";
import { writeDocument } from "../document.ts";
import { findPolicy, findPolicyVersion } from "../policy-rows.ts";
import { integer, text } from "../row.ts";
import { publish } from "./channels.ts";
import { insertChannel } from "./publications.ts";

export function beginCompliance(db: Database, change: BeginCompliance): Devices {
  const { policy: name, version, at } = change;
  const policy = findPolicy(db, name);
  const state = policy?.version === version ? policy.rollout?.state : undefined;
  if (state !== "running" && state !== "complete") return { devices: [] };
  const members = inGroup(db, change);
  const devices = change.devices.filter((device) => members.has(device));
  for (const device of devices) {
    db.write(
      `INSERT INTO compliance (policy, device, version, state, at, detail, mended)
       VALUES (:name, :device, :version, 'pending', :at, '{}', '[]')
       ON CONFLICT (policy, device) DO UPDATE SET version = excluded.version, state = excluded.state,
         at = excluded.at, detail = excluded.detail WHERE compliance.version < excluded.version`,
      { name, device, version, at },
    );
  }
  admit(db, { ...change, devices });
  return { devices };
}

export function endCompliance(db: Database, change: EndCompliance): Devices {
  const { policy: name, at, epoch } = change;
  const members = inGroup(db, change);
  const left = change.devices.filter((device) => !members.has(device));
  const held = heldVersions(db, { ...change, devices: left });
  const devices = left.filter((device) => held.has(device));
  const listeners = hearingChannels(db, { ...change, devices });
  const channel = channelOfPolicy(name);
  db.apart(devices, (apart, device) => {
    apart.write("DELETE FROM compliance WHERE policy = :name AND device = :device", { name, device });
    apart.write("DELETE FROM channel_members WHERE channel = :channel AND device = :device", {
      channel,
      device,
    });
    const data = { Policy: name, Version: held.get(device) ?? 0, Withdrawn: true };
    if (listeners.has(device)) tellOne(apart, { device, epoch, at, data });
  });
  return { devices };
}

type Some = Pick<BeginCompliance, "policy" | "devices">;

/** Makes devices members of the policy's channel, which one that names a file does not have. */
function admit(db: Database, change: BeginCompliance): void {
  const channel = channelOfPolicy(change.policy);
  if (findChannel(db, channel) === undefined) return;
  for (const device of change.devices) {
    db.write(
      `INSERT INTO channel_members (channel, device, since) VALUES (:channel, :device, :at)
       ON CONFLICT (channel, device) DO NOTHING`,
      { channel, device, at: change.at },
    );
  }
  tellAgain(db, change);
}

/**
 * A device that was told that the policy is withdrawn, and belongs to the group again, may have the policy's channel up to
 * its head, and is told nothing there: so it is told where it was told the other.
 */
function tellAgain(db: Database, { policy, version, devices, at }: BeginCompliance): void {
  const known = findPolicyVersion(db, policy, version);
  if (known === undefined || devices.length === 0) return;
  const { names, values } = listed("device", devices);
  const rows = db.all(
    `SELECT DISTINCT owner, epoch FROM channels JOIN publications ON channel = name
     WHERE owner IN (${names}) AND publisher = 'policies' AND data LIKE :said ORDER BY owner`,
    { ...values, said: `{"Policy":"${policy}",%` },
  );
  const data = { ...publicationOf(policy, version, known.content) };
  db.apart(rows, (apart, row) => {
    tellOne(apart, { device: text(row, "owner") as DeviceKey, epoch: text(row, "epoch"), at, data });
  });
}

interface Telling {
  readonly device: DeviceKey;
  /** Of a channel that is not there yet. */
  readonly epoch: string;
  readonly at: number;
  readonly data: JsonObject;
}

/** What concerns one device is said on its own channel: on the policy's, all members would hear it. */
export function tellOne(db: Database, { device, epoch, at, data }: Telling): void {
  const channel = privateChannel(device, "config");
  const rules = findChannel(db, channel)?.rules;
  if (rules === undefined) insertChannel(db, { name: channel, rules: policyChannelRules.own, epoch, at });
  else if (!rules.answers) {
    db.write("UPDATE channels SET rules = :rules WHERE name = :channel", {
      channel,
      rules: writeDocument({ ...rules, answers: true }),
    });
  }
  const { Policy, Version, Withdrawn } = data;
  const id = JSON.stringify([Policy, Version, Withdrawn === true, at]);
  publish(db, { channel, id, at, by: "policies", data, epoch });
}

function inGroup(db: Database, { policy, devices }: Some): ReadonlySet<string> {
  if (devices.length === 0) return new Set();
  const { names, values } = listed("device", devices);
  const rows = db.all(
    `SELECT group_members.device AS device FROM policies
     JOIN group_members ON group_members.group_name = policies.group_name
     WHERE policies.name = :policy AND policies.removed = 0 AND group_members.device IN (${names})`,
    { ...values, policy },
  );
  return new Set(rows.map((row) => text(row, "device")));
}

function heldVersions(db: Database, { policy, devices }: Some): ReadonlyMap<string, number> {
  if (devices.length === 0) return new Map();
  const { names, values } = listed("device", devices);
  const rows = db.all(
    `SELECT device, version FROM compliance WHERE policy = :policy AND device IN (${names})`,
    { ...values, policy },
  );
  return new Map(rows.map((row) => [text(row, "device"), integer(row, "version")]));
}

/** Those that may have been told of the policy on its channel. */
function hearingChannels(db: Database, { policy, devices }: Some): ReadonlySet<string> {
  if (devices.length === 0 || findChannel(db, channelOfPolicy(policy)) === undefined) return new Set();
  const { names, values } = listed("device", devices);
  const rows = db.all(
    `SELECT key FROM devices WHERE key IN (${names}) AND light_subprotocol IS NOT NULL`,
    values,
  );
  return new Set(rows.map((row) => text(row, "key")));
}
