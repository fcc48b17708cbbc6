import { parseDeviceKey } from "@heliograph/protocol";
import type { Brand, DeviceKey, JsonObject } from "@heliograph/protocol";

/** `public/<group>`, `private/<device>/config` or `private/<device>/monitor` [LIGHT 6]. */
export type ChannelName = Brand<string, "ChannelName">;

/** What a device's own channels are for: what it is to be like, and what it tells of itself. */
export const privateKinds = ["config", "monitor"] as const;
export type PrivateKind = (typeof privateKinds)[number];

/** Who publishes on a channel, or is told what is published. */
export const parties = ["managers", "members"] as const;
export type Party = (typeof parties)[number];

export interface ChannelRules {
  readonly publishers: readonly Party[];
  readonly subscribers: readonly Party[];
  readonly history: HistoryRule;
  /** Members say what became of each publication. */
  readonly answers: boolean;
}

/** How much of what was published is kept for those who were away; the newest is kept in any case. */
export interface HistoryRule {
  readonly count: number;
  readonly bytes: number;
  /** Left out: however old. */
  readonly seconds?: number;
}

export interface ChannelRecord {
  readonly name: ChannelName;
  readonly rules: ChannelRules;
  /** Offsets of different epochs cannot be compared. */
  readonly epoch: string;
  /** The newest publication's offset; 0 before the first. */
  readonly head: number;
  /** The oldest publication's that is kept; one beyond the head where none is. */
  readonly first: number;
  readonly createdAt: number;
}

/** Where somebody stands in a channel: everything up to there is done with. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

export interface Publication extends Position {
  /** Of all publications of all channels; only rises. */
  readonly sequence: number;
  readonly channel: ChannelName;
  readonly at: number;
  /** Who published it. */
  readonly by: string;
  /** A result is wanted of each member. */
  readonly answer: boolean;
  readonly data: JsonObject;
}

/** A member, and how far it has come. */
export interface MemberRecord {
  readonly device: DeviceKey;
  /** As it said last; left out where it never did. */
  readonly position?: Position & { readonly at: number };
  /** What it said last of a publication. */
  readonly result?: PublicationResult;
}

export const resultStatuses = ["applied", "faulted"] as const;

export interface PublicationResult extends Position {
  readonly status: (typeof resultStatuses)[number];
  readonly data?: JsonObject;
  readonly at: number;
}

export interface Published {
  readonly channel: ChannelName;
  /** Of the publication. */
  readonly sequence: number;
}

export interface ChannelChanged {
  readonly channel: ChannelName;
}

export interface MembersChanged {
  readonly devices: readonly DeviceKey[];
}

const MIB = 1024 * 1024;
const MANAGERS: readonly Party[] = ["managers"];

/** What holds for a channel of which nothing else was said. */
export const defaultChannelRules: ChannelRules = {
  publishers: MANAGERS,
  subscribers: parties,
  history: { count: 100, bytes: MIB },
  answers: false,
};

/** What holds for a device's monitor of which nothing else was said: the device need not hear what it told. */
export const monitorRules: ChannelRules = { ...defaultChannelRules, subscribers: MANAGERS };

/** As many as there may be groups, and some for other lists of devices. */
export const MAX_PUBLIC_CHANNELS = 1_000;

/** The longest publication, as JSON; a history of these is read in parts. */
export const MOST_PUBLICATION_BYTES = 256 * 1024;

const PUBLIC_NAME = /^public\/[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/;

/** Reads a name that came from outside; undefined where it is none. */
export function channelName(text: string): ChannelName | undefined {
  const isName = PUBLIC_NAME.test(text) || readPrivate(text) !== undefined;
  return isName ? (text as ChannelName) : undefined;
}

export function privateChannel(device: DeviceKey, kind: PrivateKind): ChannelName {
  return `private/${device}/${kind}` as ChannelName;
}

/** Whose a private channel is; undefined for a public one. */
export function ownerOf(name: ChannelName): DeviceKey | undefined {
  return readPrivate(name)?.device;
}

/** As the device itself calls it: its own channels without its key. */
export function nameForDevice(name: ChannelName): string {
  const own = readPrivate(name);
  return own === undefined ? name : `private/${own.kind}`;
}

/** The channel that a device means; undefined where it can mean none. */
export function nameFromDevice(device: DeviceKey, said: string): ChannelName | undefined {
  const kind = privateKinds.find((each) => said === `private/${each}`);
  if (kind !== undefined) return privateChannel(device, kind);
  return PUBLIC_NAME.test(said) ? (said as ChannelName) : undefined;
}

/** A name by which a device may mean one of its channels; undefined for any other text. */
export function spokenName(text: string): string | undefined {
  const isOwn = privateKinds.some((each) => text === `private/${each}`);
  return isOwn || PUBLIC_NAME.test(text) ? text : undefined;
}

/**
 * Whether all that was published after `position` is kept. Otherwise whoever stands there has missed something that nobody
 * can tell any more, and is to be given the channel's state [LIGHT 6].
 */
export function isRecoverable(
  { epoch, head, first }: Pick<ChannelRecord, "epoch" | "head" | "first">,
  position: Position | undefined,
): position is Position {
  if (position?.epoch !== epoch) return false;
  return position.offset <= head && position.offset >= first - 1;
}

function readPrivate(text: string): { readonly device: DeviceKey; readonly kind: PrivateKind } | undefined {
  const [scope, owner = "", last, ...more] = text.split("/");
  const device = parseDeviceKey(owner);
  const kind = privateKinds.find((each) => each === last);
  if (scope !== "private" || device === undefined || kind === undefined || more.length > 0) return undefined;
  return { device, kind };
}
