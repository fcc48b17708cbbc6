import { routes, type ChannelMembers, type ChannelRequest } from "@heliograph/api";
import { parseDeviceKey, type DeviceKey } from "@heliograph/protocol";
import {
  channelName,
  defaultChannelRules,
  ownerOf,
  policyName,
  subjects,
  type AuditEntry,
  type ChannelName,
} from "../ports/index.ts";
import { unknownDevice } from "./device-handlers.ts";
import { findChannel, followable } from "./find-channel.ts";
import { publicationStreams } from "./publication-streams.ts";
import { newEpoch, publish, unknownChannel } from "./publish.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundLimits, NorthboundPorts } from "./settings.ts";
import { showChannel, showMember, showPublication } from "./show-channel.ts";
import { ofSeenDevices } from "./visible.ts";

interface ChannelSettings {
  readonly limits: NorthboundLimits;
  /** Ends every stream. */
  readonly signal: AbortSignal;
}

const PAGE = 100;
const PUBLICATIONS = 20;

/** Channels: what holds for them, what is published on them, and who is there. */
export function channelHandlers(ports: NorthboundPorts, settings: ChannelSettings) {
  const { store } = ports;
  const streams = publicationStreams(ports, settings);
  return {
    listChannels: serve(routes.listChannels, async ({ input: { query }, manager }) => {
      const { cursor, limit = PAGE } = query;
      const page = await store.channels({ limit, ...(cursor === undefined ? {} : { after: cursor }) });
      const followed = await followable(
        manager,
        page.items.map(({ name }) => name),
      );
      const items = page.items.filter(({ name }) => followed.has(name)).map(showChannel);
      return give(200, { ...page, items });
    }),

    getChannel: serve(routes.getChannel, async ({ input: { params }, manager }) => {
      const channel = await findChannel(ports, params.name, manager);
      return isRefusal(channel) ? channel : give(200, showChannel(channel));
    }),

    listPublications: serve(routes.listPublications, async ({ input: { params, query }, manager }) => {
      const channel = await findChannel(ports, params.name, manager);
      if (isRefusal(channel)) return channel;
      const { after = 0, limit = PUBLICATIONS } = query;
      const found = await store.publications({ channel: channel.name, after, limit });
      const last = found.at(-1);
      const next = last === undefined || last.offset >= channel.head ? {} : { next: last.offset };
      return give(200, { items: found.map(showPublication), ...next });
    }),

    getPresence: serve(routes.getPresence, async ({ input: { params, query }, manager }) => {
      const channel = await findChannel(ports, params.name, manager);
      if (isRefusal(channel)) return channel;
      const { cursor, limit = PAGE } = query;
      const after = cursor === undefined ? {} : { after: cursor };
      const page = await store.channelMembers({ channel: channel.name, limit, ...after });
      const seen = await ofSeenDevices(manager, page.items);
      const items = await Promise.all(
        seen.map(async (member) => showMember(member, await store.device(member.device))),
      );
      return give(200, { members: { ...page, items }, watchers: streams.watchers(channel.name) });
    }),

    ...changingHandlers(ports),
    followPublications: streams.served,
  };
}

function changingHandlers(ports: NorthboundPorts) {
  const { store, bus, random } = ports;
  return {
    setChannel: serve(routes.setChannel, async ({ input: { params, body }, manager }) => {
      const name = channelName(params.name);
      if (name === undefined) return badName();
      const policys = await ofPolicy(ports, name);
      return policys ?? setChannel(ports, { name, body, manager: manager.name });
    }),

    removeChannel: serve(routes.removeChannel, async ({ input: { params }, manager }) => {
      const name = channelName(params.name);
      if (name === undefined) return unknownChannel(params.name);
      const policys = await ofPolicy(ports, name);
      if (policys !== undefined) return policys;
      const audit = auditOf(ports, manager.name, { action: "remove-channel", name });
      const { held } = await store.commit("remove-channel", { name, audit });
      if (!held) return unknownChannel(name);
      bus.publish(subjects.channelChanged, { channel: name });
      return give(204, undefined);
    }),

    renewChannel: serve(routes.renewChannel, async ({ input: { params }, manager }) => {
      const name = channelName(params.name);
      if (name === undefined) return unknownChannel(params.name);
      const audit = auditOf(ports, manager.name, { action: "renew-channel", name });
      await store.commit("renew-channel", { name, epoch: newEpoch(random), audit });
      const renewed = await store.channel(name);
      return renewed === undefined ? unknownChannel(name) : give(200, showChannel(renewed));
    }),

    setChannelMembers: serve(routes.setChannelMembers, async ({ input: { params, body }, manager }) => {
      const channel = channelName(params.name);
      if (channel === undefined || (await store.channel(channel)) === undefined) {
        return unknownChannel(params.name);
      }
      const policys = await ofPolicy(ports, channel);
      if (policys !== undefined) return policys;
      return setMembers(ports, { channel, body, manager: manager.name });
    }),

    publish: serve(routes.publish, async ({ input: { params, body, headers }, manager }) => {
      const channel = channelName(params.name);
      if (channel === undefined) return unknownChannel(params.name);
      const idempotencyKey = headers["idempotency-key"];
      const wish = { channel, data: body.data, manager: manager.name, idempotencyKey };
      const published = await publish(ports, wish);
      return isRefusal(published) ? published : give(201, showPublication(published));
    }),
  };
}

/** Who is a member of a policy's channel, and what is said there, its rollout decides and nobody else. */
async function ofPolicy({ store }: NorthboundPorts, channel: ChannelName): Promise<Refusal | undefined> {
  const name = policyName(channel.slice("public/".length));
  if (!channel.startsWith("public/") || name === undefined || (await store.policy(name)) === undefined) {
    return undefined;
  }
  return refuse("held-by-policy", `${channel} is the channel of the policy ${name}`);
}

interface Setting {
  readonly name: ChannelName;
  readonly body: ChannelRequest;
  readonly manager: string;
}

async function setChannel(ports: NorthboundPorts, { name, body, manager }: Setting) {
  const { store, bus, clock, random } = ports;
  const rules = { ...defaultChannelRules, ...body };
  const audit = auditOf(ports, manager, { action: "set-channel", name });
  const change = { name, rules, epoch: newEpoch(random), at: clock.now(), audit };
  const set = await store.commit("set-channel", change);
  if (set.type === "refused") {
    return set.reason === "unknown-device"
      ? unknownDevice(ownerOf(name) ?? "")
      : refuse("too-many-channels", "there are as many public channels as there may be: remove another");
  }
  bus.publish(subjects.channelChanged, { channel: name });
  return give(200, showChannel(set.channel));
}

interface Joining {
  readonly channel: ChannelName;
  readonly body: ChannelMembers;
  readonly manager: string;
}

/** Where a key is none, or no device's, nobody joins or leaves. */
async function setMembers(ports: NorthboundPorts, { channel, body, manager }: Joining) {
  const { store, bus, clock } = ports;
  const wishes = [
    ...(body.join ?? []).map((key) => ({ key, isMember: true })),
    ...(body.leave ?? []).map((key) => ({ key, isMember: false })),
  ];
  const devices: DeviceKey[] = [];
  for (const { key } of wishes) {
    const device = parseDeviceKey(key);
    if (device === undefined || (await store.device(device)) === undefined) return unknownDevice(key);
    devices.push(device);
  }
  const at = clock.now();
  await Promise.all(
    devices.map((device, index) => {
      const isMember = wishes[index]?.isMember === true;
      const action = isMember ? "join-channel" : "leave-channel";
      const audit = { at, manager, action, device, detail: { channel } };
      return store.commit("set-member", { channel, device, isMember, at, audit });
    }),
  );
  bus.publish(subjects.membersChanged, { devices });
  return give(204, undefined);
}

function auditOf(
  { clock }: NorthboundPorts,
  manager: string,
  { action, name }: { readonly action: string; readonly name: ChannelName },
): AuditEntry {
  const device = ownerOf(name);
  return {
    at: clock.now(),
    manager,
    action,
    detail: { channel: name },
    ...(device === undefined ? {} : { device }),
  };
}

function badName(): Refusal {
  const detail = "must be public/<group>, private/<device>/config or private/<device>/monitor";
  return refuseInput("invalid-request", [{ at: "name", detail }]);
}
