import type { DeviceId, DeviceKey, JsonObject, ParameterValues } from "@heliograph/protocol";
import type { RequestPattern, RequestSubject, Subject, SubjectPattern } from "./bus.ts";
import type { Authority } from "./grants.ts";
import type { ChannelChanged, MembersChanged, Published } from "./channels.ts";
import type {
  AttachAsk,
  AttachReply,
  Call,
  CallAsk,
  CallReply,
  ConnectReply,
  EndedCall,
  InformEvent,
  LateAnswer,
  LightAnnouncement,
  LightInform,
  LightToken,
  NotOwned,
  Superseded,
} from "./connection-messages.ts";
import type { Disconnect, Probe, Rouse } from "./gateway-orders.ts";
import type { ConnectionId, EngineId, GatewayId, OperationId } from "./ids.ts";
import type { OperationState } from "./operation-state.ts";
import type { PassedOn, PassedOnReply } from "./passed-on.ts";
import type { OutsideAsk, OutsideReply } from "./outside.ts";
import type { PolicyName } from "./policies.ts";
import type { NonceAnswer, NonceReply, PostAsk, PostReply } from "./posts.ts";
import type { AcceptRefusal, DeviceCall, DeviceStyle, OperationRecord, WakeOutcome } from "./records.ts";
import type { RefreshBounds } from "./refresh.ts";
import type { Observed, Watch } from "./watches.ts";

/** The bus contract: every subject, and what it carries. Values are plain JSON; times are milliseconds since 1970. */
export const subjects = {
  /** Asks the ACS to call RPCs on a device: the door for the parts of the ACS, which are believed who asks. */
  rpc: (device: DeviceKey) => ofAny<RpcAsk, RpcReply>(`hg.v1.device.${device}.rpc`),
  everyRpc: patternOfAny<RpcAsk, RpcReply>("hg.v1.device.*.rpc"),
  /** The door for other systems, which say by a token who they are: answered as the same request to REST. */
  outsideRpc: (device: DeviceKey) => request<OutsideAsk, OutsideReply>(`hg.v1.outside.device.${device}.rpc`),
  everyOutsideRpc: requestPattern<OutsideAsk, OutsideReply>("hg.v1.outside.device.*.rpc"),
  /** Asks for operations of several devices at once: all are stored, in one commit, or none. */
  acceptAll: ofAny<AcceptAllAsk, AcceptAllReply>("hg.v1.engine.accept"),
  cancel: (id: OperationId) => ofAny<CancelAsk, CancelReply>(`hg.v1.operation.${id}.cancel`),
  everyCancel: patternOfAny<CancelAsk, CancelReply>("hg.v1.operation.*.cancel"),
  /** An engine is there, said every two seconds, or goes: {@link watchEngines} makes of it who is there. */
  alive: (engine: EngineId) => subject<Alive>(`hg.v1.engine.${engine}.alive`),
  everyAlive: pattern<Alive>("hg.v1.engine.*.alive"),
  /** Asks any engine which there are; one that starts begins with it. */
  engines: request<EnginesAsk, EnginesReply>("hg.v1.engine.engines"),
  /** An engine was asked for what concerns a device of another, and passes it on; who gets it passes it no further. */
  passedRpc: (engine: EngineId, device: DeviceKey) =>
    request<RpcAsk, RpcReply>(`hg.v1.engine.${engine}.device.${device}.rpc`),
  everyPassedRpc: (engine: EngineId) =>
    requestPattern<RpcAsk, RpcReply>(`hg.v1.engine.${engine}.device.*.rpc`),
  passedOn: (engine: EngineId) => request<PassedOn, PassedOnReply>(`hg.v1.engine.${engine}.passed-on`),
  /** Events were stored: whoever carries them to the bus need not wait for the next look. A hint, which may be lost. */
  stored: subject<Stored>("hg.v1.stored"),
  everyStored: pattern<Stored>("hg.v1.stored"),
  /** A gateway announces a connection; the engine that answers owns it. */
  announce: ofAny<Announcement, AnnounceReply>("hg.v1.engine.announce"),
  /** The gateway says that a connection can take a call, and how the last one ended; the owner answers with the next. */
  next: (engine: EngineId) => request<NextAsk, NextReply>(`hg.v1.engine.${engine}.next`),
  /** There is something to call in a session whose gateway was told that there is nothing. */
  rouse: (gateway: GatewayId) => subject<Rouse>(`hg.v1.gateway.${gateway}.rouse`),
  everyRouse: (gateway: GatewayId) => pattern<Rouse>(`hg.v1.gateway.${gateway}.rouse`),
  /** A request of a session came to another gateway than its own, which is asked what to answer. */
  post: (gateway: GatewayId) => request<PostAsk, PostReply>(`hg.v1.gateway.${gateway}.post`),
  /** A device answered a nonce of this gateway at another one, which asks whether that is good. */
  nonceAnswered: (gateway: GatewayId) => request<NonceAnswer, NonceReply>(`hg.v1.gateway.${gateway}.nonce`),
  /** What a device reports by its own requests; answered once it is durable. */
  report: (engine: EngineId) => request<Report, ReportReply>(`hg.v1.engine.${engine}.report`),
  /** The gateway lost the connection, or ended it. */
  closed: (engine: EngineId) => subject<Closed>(`hg.v1.engine.${engine}.closed`),
  everyClosed: (engine: EngineId) => pattern<Closed>(`hg.v1.engine.${engine}.closed`),
  /** A gateway holds a light connection; the engine that answers owns it. */
  connect: ofAny<LightAnnouncement, ConnectReply | Superseded>("hg.v1.engine.connect"),
  /** A light connection is used from now on, or its limits and its token are renewed. */
  attach: (engine: EngineId) => request<AttachAsk, AttachReply | NotOwned>(`hg.v1.engine.${engine}.attach`),
  /** An Inform that came over a light connection; answered once what it tells is stored. */
  inform: (engine: EngineId) => request<LightInform, ReportReply>(`hg.v1.engine.${engine}.inform`),
  /** An answer came to a call that is not out on its connection: it may be owed since an earlier one. */
  answered: (engine: EngineId) => subject<LateAnswer>(`hg.v1.engine.${engine}.answered`),
  everyAnswered: (engine: EngineId) => pattern<LateAnswer>(`hg.v1.engine.${engine}.answered`),
  /** Has the gateway call an RPC on a light connection; answered when the call is over, however it ended, or after a while. */
  call: (gateway: GatewayId) => request<CallAsk, CallReply>(`hg.v1.gateway.${gateway}.call`),
  /** Has the gateway close a light connection. */
  disconnect: (gateway: GatewayId) => subject<Disconnect>(`hg.v1.gateway.${gateway}.disconnect`),
  everyDisconnect: (gateway: GatewayId) => pattern<Disconnect>(`hg.v1.gateway.${gateway}.disconnect`),
  /** Has the gateway find out whether a light connection is alive; it closes one that is not. */
  probe: (gateway: GatewayId) => subject<Probe>(`hg.v1.gateway.${gateway}.probe`),
  everyProbe: (gateway: GatewayId) => pattern<Probe>(`hg.v1.gateway.${gateway}.probe`),
  /** Something that every process holds in memory is new in the store: read it again. */
  configChanged: subject<ConfigChanged>("hg.v1.config.changed"),
  everyConfigChanged: pattern<ConfigChanged>("hg.v1.config.changed"),
  /** Somebody lost a right: whoever holds connections of the device reads in the store what became of it. */
  revoked: subject<Revoked>("hg.v1.revoked"),
  everyRevoked: pattern<Revoked>("hg.v1.revoked"),
  /** Something was published on a channel: what it is stands in the store. */
  published: subject<Published>("hg.v1.channel.published"),
  everyPublished: pattern<Published>("hg.v1.channel.published"),
  /** A channel was made or removed, or other rules hold for it: what it is stands in the store. */
  channelChanged: subject<ChannelChanged>("hg.v1.channel.changed"),
  everyChannelChanged: pattern<ChannelChanged>("hg.v1.channel.changed"),
  /** A device joined channels or left some: which are its own stands in the store. */
  membersChanged: subject<MembersChanged>("hg.v1.channel.members"),
  everyMembersChanged: pattern<MembersChanged>("hg.v1.channel.members"),
  /** Somebody watches values of a device, or does not any more; said again while they do. */
  watch: (device: DeviceKey) => subject<Watch>(`hg.v1.device.${device}.watch`),
  everyWatch: pattern<Watch>("hg.v1.device.*.watch"),
  /** What comes of that where the device is connected. */
  observed: (device: DeviceKey) => subject<Observed>(`hg.v1.device.${device}.observed`),
  everyObserved: (device: DeviceKey) => pattern<Observed>(`hg.v1.device.${device}.observed`),
  /** Has a device given new credentials, now where it is connected, else when it comes next. */
  rotate: (device: DeviceKey) => ofAny<RotateAsk, RotateReply>(`hg.v1.device.${device}.rotate`),
  /** Takes back that a device is left alone. */
  relieve: (device: DeviceKey) => ofAny<RelieveAsk, RelieveReply>(`hg.v1.device.${device}.relieve`),
  everyRelieve: patternOfAny<RelieveAsk, RelieveReply>("hg.v1.device.*.relieve"),
  everyRotate: patternOfAny<RotateAsk, RotateReply>("hg.v1.device.*.rotate"),
  /** Whether an ACS works by this bus already, and on which store: all that do work on one. */
  here: request<HereAsk, HereReply>("hg.v1.here"),
  /** Asks for a connection request; answered when it went well or failed. */
  wake: request<WakeAsk, WakeOutcome>("hg.v1.wake"),
  deviceEvent: (device: DeviceKey, name: string) => subject<BusEvent>(`hg.v1.device.${device}.event.${name}`),
  /** A device joined a group, or left one. */
  everyGroupJoined: pattern<BusEvent>("hg.v1.device.*.event.group-joined"),
  everyGroupLeft: pattern<BusEvent>("hg.v1.device.*.event.group-left"),
  /** A device told of values that have changed. */
  valueChanges: (device: DeviceKey) => pattern<BusEvent>(`hg.v1.device.${device}.event.value-change`),
  everyDeviceEvent: pattern<BusEvent>("hg.v1.device.*.event.>"),
  operationChanged: (id: OperationId) => subject<OperationChanged>(`hg.v1.operation.${id}.changed`),
  operationChanges: (id: OperationId) => pattern<OperationChanged>(`hg.v1.operation.${id}.changed`),
  everyOperationChange: pattern<OperationChanged>("hg.v1.operation.*.changed"),
} as const;

/** What is asked of whichever engine takes it, or of one by its name: see {@link askedOf}. */
export type OfAny<Asked> = Asked & { readonly ofAny: true };

/** Queue groups: of those that join one, each message reaches exactly one. */
export const queues = { engine: "engine", wake: "wake", northbound: "northbound" } as const;

export interface RpcAsk {
  /** Made by the asker, so that it can listen before it asks; 32 hexadecimal digits. */
  readonly id: OperationId;
  readonly rpcs: readonly DeviceCall[];
  /** Who asks, for the audit log. */
  readonly manager: string;
  /** By what they ask: looked up where it is accepted, and obeyed there. Left out where that is the ACS's own right. */
  readonly authority?: Authority;
  /** How long the answer may wait for the operation's end; 0 answers as soon as it is stored. */
  readonly waitMs: number;
  /** When it is given up. Left out: the ACS's default. */
  readonly expiresAt?: number;
  readonly idempotencyKey?: string;
  /** What asks by itself, such as a policy; left out where a person asks. */
  readonly automatic?: string;
  /** The policy that this brings about: it may set what policies hold. */
  readonly bringsAbout?: PolicyName;
  /** Where a refresh is asked for: its one RPC is called `Refresh`, and stands for those that it takes. */
  readonly refresh?: RefreshAsk;
}

export interface RefreshAsk {
  /** Nothing: what was known before, and the first levels. */
  readonly paths: readonly string[];
  readonly bounds: RefreshBounds;
}

export interface RelieveAsk {
  readonly manager: string;
}

export interface RelieveReply {
  readonly type: "relieved" | "unknown-device";
}

export type RpcReply =
  | { readonly type: "operation"; readonly operation: OperationRecord; readonly repeated: boolean }
  | { readonly type: "refused"; readonly reason: AcceptRefusal; readonly detail: string };

export interface AcceptAllAsk {
  /** At most one of a device. */
  readonly operations: readonly (Omit<RpcAsk, "waitMs"> & { readonly device: DeviceKey })[];
}

export type AcceptAllReply =
  /** Stored, in the order they were asked for. */
  | { readonly type: "accepted"; readonly operations: readonly OperationRecord[] }
  | {
      readonly type: "refused";
      /** Whose operation is not accepted, and so none. */
      readonly device: DeviceKey;
      readonly reason: AcceptRefusal;
      readonly detail: string;
    };

export interface CancelAsk {
  readonly manager: string;
}

export type CancelReply =
  | { readonly type: "cancelled"; readonly operation: OperationRecord }
  | { readonly type: "refused"; readonly reason: "unknown" | "running" | "ended" };

/** A device's Inform, authenticated and approved. */
export interface Announcement {
  readonly device: DeviceKey;
  readonly deviceId: DeviceId;
  readonly connection: ConnectionId;
  readonly gateway: GatewayId;
  /** Of the credentials by which it was admitted. */
  readonly credentialVersion: number;
  /** Where the Inform came from, as far as we trust what says so. */
  readonly address: string;
  readonly at: number;
  readonly events: readonly InformEvent[];
  readonly parameters: ParameterValues;
  /** How this device writes, so that it is answered in kind. */
  readonly style: DeviceStyle;
  /** The reference that the device may be given; left out where it knows nothing of the light transport. */
  readonly offer?: LightOffer;
}

/** Where a device that offers the light transport would be referred to [LIGHT 1.2]. */
export interface LightOffer {
  readonly url: string;
  /** The first that it offers and we speak. */
  readonly subprotocol: string;
  /** It advertised by a parameter, and takes the reference as parameters. */
  readonly byParameter: boolean;
}

/** `noted`: the Inform is stored, but a light connection of the device carries its calls; this session gets none. */
export type AnnounceReply =
  | {
      readonly type: "owned" | "noted";
      readonly engine: EngineId;
      readonly generation: number;
      readonly credentialVersion: number;
      /** There is nothing to call: the gateway need not ask, unless it is roused. */
      readonly idle?: true;
      /** For the header of the InformResponse. */
      readonly reference?: LightToken;
    }
  | { readonly type: "refused"; readonly reason: "unknown-device" | "not-approved" | "revoked" };

export interface ConfigChanged {
  readonly what: "quirks" | "backups" | "campaigns" | "groups" | "webhooks" | "policies";
}

/** A device's, or those of who acts by an authority. */
export type Revoked = { readonly device: DeviceKey } | { readonly authority: Authority };

export interface RotateAsk {
  readonly manager: string;
}

/** `now`: the device is connected and is being told; `later`: it is told when it comes next. */
export type RotateReply = { readonly type: "now" | "later" | "unknown-device" | "not-approved" };

export interface NextAsk {
  readonly device: DeviceKey;
  readonly connection: ConnectionId;
  readonly generation: number;
  /** How the call that was outstanding on this connection ended; left out where none was. */
  readonly ended?: EndedCall;
}

export type NextReply =
  | { readonly type: "call"; readonly call: Call }
  | { readonly type: "nothing" }
  /** Somebody else owns the device by now: make no calls, close the connection. */
  | { readonly type: "superseded" };

export interface Report {
  readonly device: DeviceKey;
  readonly connection: ConnectionId;
  /** Of the Inform or the token that the connection began with: who lost its rights since reports no more. */
  readonly credentialVersion: number;
  readonly at: number;
  readonly method: string;
  readonly params: JsonObject;
}

export type ReportReply = { readonly type: "stored" } | { readonly type: "superseded" };

export interface Closed {
  readonly device: DeviceKey;
  readonly connection: ConnectionId;
  readonly generation: number;
  /** Why a light connection ended, for a person: the close code and who closed it. */
  readonly detail?: string;
  readonly ended?: EndedCall;
  /** What the engine said last on a session did not come: a call that it brought was not sent. */
  readonly unheard?: true;
}

/** One engine, by its own word. */
export interface Alive {
  readonly engine: EngineId;
  /** It stops, and is there no more. */
  readonly leaves?: true;
}

export interface EnginesAsk {
  /** Who asks; it is not among those that are answered. */
  readonly engine: EngineId;
}

export interface EnginesReply {
  readonly engines: readonly EngineId[];
}

export interface Stored {
  readonly what: "events";
}

export interface HereAsk {
  /** What is asked about. */
  readonly what: "acs";
}

export interface HereReply {
  readonly type: "here";
  /** The store's own identity. */
  readonly store: string;
}

export interface WakeAsk {
  readonly device: DeviceKey;
}

/** A stored event as subscribers get it; `id` only rises. */
export interface BusEvent {
  readonly id: number;
  readonly at: number;
  readonly device: DeviceKey;
  readonly name: string;
  readonly data: JsonObject;
}

export interface OperationChanged {
  readonly id: number;
  readonly at: number;
  readonly device: DeviceKey;
  readonly operation: OperationId;
  readonly state: OperationState;
}

function subject<M>(name: string): Subject<M> {
  return name as Subject<M>;
}
function pattern<M>(name: string): SubjectPattern<M> {
  return name as SubjectPattern<M>;
}
function request<Q, A>(name: string): RequestSubject<Q, A> {
  return name as RequestSubject<Q, A>;
}
function requestPattern<Q, A>(name: string): RequestPattern<Q, A> {
  return name as RequestPattern<Q, A>;
}
function ofAny<Q, A>(name: string): OfAny<RequestSubject<Q, A>> {
  return name as OfAny<RequestSubject<Q, A>>;
}
function patternOfAny<Q, A>(name: string): OfAny<RequestPattern<Q, A>> {
  return name as OfAny<RequestPattern<Q, A>>;
}
