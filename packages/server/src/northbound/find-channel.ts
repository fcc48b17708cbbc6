import {
  channelName,
  may,
  monitorRules,
  ownerOf,
  privateChannel,
  subjects,
  type ChannelName,
  type ChannelRecord,
} from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import { newEpoch, unknownChannel } from "./publish.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import type { NorthboundPorts } from "./settings.ts";
import { seesDevice } from "./visible.ts";

/** What somebody may not follow is not there for them. */
export async function findChannel(
  { store }: NorthboundPorts,
  text: string,
  manager: Manager,
): Promise<ChannelRecord | Refusal> {
  const name = channelName(text);
  const isFollowed = name !== undefined && (await followable(manager, [name])).has(name);
  const channel = isFollowed ? await store.channel(name) : undefined;
  return channel ?? unknownChannel(text);
}

/**
 * The same for somebody who wants to hear what is published: the monitor of a device is there from then on, and what the device
 * tells is kept.
 */
export async function findFollowed(
  ports: NorthboundPorts,
  text: string,
  manager: Manager,
): Promise<ChannelRecord | Refusal> {
  const found = await findChannel(ports, text, manager);
  const name = channelName(text);
  if (!isRefusal(found) || name === undefined || !(await followable(manager, [name])).has(name)) return found;
  return (await openMonitor(ports, name, manager)) ?? found;
}

/** Undefined where it is no device's monitor. */
async function openMonitor(
  { store, bus, clock, random }: NorthboundPorts,
  name: ChannelName,
  manager: Manager,
): Promise<ChannelRecord | undefined> {
  const device = ownerOf(name);
  if (device === undefined || name !== privateChannel(device, "monitor")) return undefined;
  const at = clock.now();
  const opened = await store.commit("set-channel", {
    name,
    rules: monitorRules,
    epoch: newEpoch(random),
    at,
    audit: { at, manager: manager.name, action: "set-channel", device, detail: { channel: name } },
  });
  if (opened.type === "refused") return undefined;
  bus.publish(subjects.channelChanged, { channel: name });
  return opened.channel;
}

/** Those channels that somebody may follow now. */
export async function followable(
  manager: Manager,
  names: readonly ChannelName[],
): Promise<ReadonlySet<ChannelName>> {
  const on = await manager.on(names.flatMap((name) => ownerOf(name) ?? []));
  return new Set(names.filter((name) => follows(on, name)));
}

/** Who follows a device's own channel goes by their rights on that device. */
export async function onOwnerOf(channel: ChannelName, manager: Manager): Promise<Manager> {
  const owner = ownerOf(channel);
  return owner === undefined ? manager : manager.on([owner]);
}

function follows(manager: Manager, name: ChannelName): boolean {
  const owner = ownerOf(name);
  if (owner !== undefined && !seesDevice(manager, owner)) return false;
  return may(manager.rights, { type: "follow", channel: name }).type === "allowed";
}
