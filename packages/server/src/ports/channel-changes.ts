import type { DeviceKey, JsonObject } from "@heliograph/protocol";
import type {
  ChannelName,
  ChannelRecord,
  ChannelRules,
  MemberRecord,
  Position,
  Publication,
  PublicationResult,
} from "./channels.ts";
import type { AuditEntry, NewEvent } from "./records.ts";
import type { Held } from "./held.ts";
import type { Page } from "./page.ts";

/** What the store says of channels. */
export interface ChannelReads {
  channel(name: ChannelName): Promise<ChannelRecord | undefined>;
  /** In the order of their names. */
  channels(query: ChannelQuery): Promise<Page<ChannelRecord>>;
  /** Those that a device is a member of and is told of: public ones and its own, in the order of their names. */
  channelsOf(device: DeviceKey): Promise<readonly ChannelRecord[]>;
  /** What was published on one channel, in order, after an offset; of what is not kept any more nothing. */
  publications(query: PublicationQuery): Promise<readonly Publication[]>;
  /** What was published on whatever channel, in the order of its sequence, after one. */
  newPublications(query: { readonly after: number; readonly limit: number }): Promise<readonly Publication[]>;
  /** The sequence of the newest publication, 0 without one. */
  lastPublication(): Promise<number>;
  /** In the order of their keys. */
  channelMembers(query: MemberQuery): Promise<Page<MemberRecord>>;
  /** Where a member stands, as it said last; undefined where it never did. */
  position(channel: ChannelName, device: DeviceKey): Promise<Position | undefined>;
}

export interface ChannelQuery {
  readonly after?: string;
  readonly limit: number;
}

export interface PublicationQuery {
  readonly channel: ChannelName;
  readonly after: number;
  readonly limit: number;
}

export interface MemberQuery {
  readonly channel: ChannelName;
  readonly after?: string;
  readonly limit: number;
}

export interface ChannelChanges {
  /** Says what holds for a channel, which is made where it is not there. */
  "set-channel": { readonly change: SetChannel; readonly result: SetChannelResult };
  /** Takes its publications, members and positions along. */
  "remove-channel": { readonly change: RemoveChannel; readonly result: Held };
  /** Gives a channel another epoch: whoever stands anywhere in it is given its state. */
  "renew-channel": { readonly change: RenewChannel; readonly result: Held };
  /** Not held: there is no such channel or device. */
  "set-member": { readonly change: SetMember; readonly result: Held };
  /** Allots the offset; what is older than the channel's history goes. */
  publish: { readonly change: Publishing; readonly result: PublishOutcome };
  /** A member has come so far; within an epoch positions only rise. Not held: there is no such channel or device. */
  "move-position": { readonly change: MovePosition; readonly result: Held };
  /** Not held: there is no such channel, or it is not the device's. */
  "record-result": { readonly change: RecordResult; readonly result: Held };
}

export interface SetChannel {
  readonly name: ChannelName;
  readonly rules: ChannelRules;
  /** Of a channel that is new; one that is there keeps its own. */
  readonly epoch: string;
  readonly at: number;
  readonly audit: AuditEntry;
}

/** `unknown-device`: it would be a private channel of nobody's. `too-many`: there are as many public ones as may be. */
export type SetChannelResult =
  | { readonly type: "set"; readonly channel: ChannelRecord }
  | { readonly type: "refused"; readonly reason: "unknown-device" | "too-many" };

export interface RemoveChannel {
  readonly name: ChannelName;
  readonly audit: AuditEntry;
}

export interface RenewChannel {
  readonly name: ChannelName;
  readonly epoch: string;
  readonly audit: AuditEntry;
}

export interface SetMember {
  readonly channel: ChannelName;
  readonly device: DeviceKey;
  readonly isMember: boolean;
  readonly at: number;
  readonly audit: AuditEntry;
}

export interface Publishing {
  readonly channel: ChannelName;
  /** The publication's own: what is published again under it is the same publication. */
  readonly id: string;
  readonly at: number;
  readonly by: string;
  readonly data: JsonObject;
  /** Of a device's own channel that is not there yet. */
  readonly epoch: string;
  readonly audit?: AuditEntry;
}

export type PublishOutcome =
  | { readonly type: "published"; readonly publication: Publication; readonly repeated: boolean }
  | { readonly type: "refused"; readonly reason: "unknown-channel" };

export interface MovePosition {
  readonly channel: ChannelName;
  readonly device: DeviceKey;
  readonly position: Position;
  readonly at: number;
}

export interface RecordResult {
  readonly channel: ChannelName;
  readonly device: DeviceKey;
  readonly result: PublicationResult;
  readonly events: readonly NewEvent[];
}
