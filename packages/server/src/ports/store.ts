import type { DeviceKey, ParameterValues } from "@heliograph/protocol";
import type { AccessChanges, AccessReads } from "./access-changes.ts";
import type { BackupChanges, BackupReads } from "./backups.ts";
import type { CampaignChanges, CampaignReads } from "./campaigns.ts";
import type { ChannelChanges, ChannelReads } from "./channel-changes.ts";
import type {
  ClaimCall,
  EndOperation,
  Pair,
  RecordOutcome,
  RecordStrain,
  ReleaseCall,
  RelieveDevice,
  ReplanRefresh,
} from "./call-changes.ts";
import type {
  ClaimDevice,
  ClaimResult,
  DecideClaim,
  DropClaim,
  EnrolDevice,
  EnrolResult,
  RemoveDevice,
  SetApproval,
} from "./enrolment.ts";
import type { AuditQuery } from "./grants.ts";
import type { GroupChanges, GroupReads } from "./groups.ts";
import type { Held } from "./held.ts";
import type { EngineId, OperationId } from "./ids.ts";
import type { LeaseChanges, LeaseReads } from "./leases.ts";
import type { LapseDevice, OpenLightConnection, OpenLightResult, RecordInform } from "./light-changes.ts";
import type { Fenced, OwnerChanges } from "./owner-changes.ts";
import type { Page } from "./page.ts";
import type { NotificationChanges, NotificationReads } from "./notifications.ts";
import type { PolicyChanges, PolicyReads } from "./policy-changes.ts";
import type { LearnQuirks, LearnQuirksResult, SetQuirk } from "./quirk-changes.ts";
import type { ImportQuirks, ImportQuirksResult } from "./quirk-merge.ts";
import type { ModelQuirks } from "./quirks.ts";
import type { DeviceQuery, EventQuery, OperationQuery } from "./record-queries.ts";
import type {
  AcceptRefusal,
  ApiToken,
  AuditEntry,
  AuditRecord,
  DeviceConnection,
  DeviceCredentials,
  DeviceFacts,
  DeviceLogin,
  DeviceRecord,
  DeviceStyle,
  EventRecord,
  LearnedParameters,
  NewEvent,
  OpenedDevice,
  OperationRecord,
  WakeStatus,
} from "./records.ts";
import type { RecordProgress, SettleTransfer } from "./transfer-changes.ts";
import type { WebhookChanges, WebhookReads } from "./webhooks.ts";

/**
 * The truth. Reads give what was committed, newest first for the caller that committed it. After {@link close} everything
 * rejects with {@link StoreClosedError}.
 */
export interface Store
  extends
    AccessReads,
    BackupReads,
    CampaignReads,
    ChannelReads,
    GroupReads,
    LeaseReads,
    NotificationReads,
    PolicyReads,
    WebhookReads {
  device(key: DeviceKey): Promise<DeviceRecord | undefined>;
  credentials(key: DeviceKey): Promise<DeviceCredentials | undefined>;
  /** What a device that knocks is judged by; every session begins with it. */
  login(key: DeviceKey): Promise<DeviceLogin | undefined>;
  operation(id: OperationId): Promise<OperationRecord | undefined>;
  /** By the hash of a token; also where it is revoked or expired. */
  apiToken(hash: string): Promise<ApiToken | undefined>;
  apiTokenById(id: string): Promise<ApiToken | undefined>;

  /** In the order of their keys. */
  devices(query: DeviceQuery): Promise<Page<DeviceRecord>>;
  /** Newest first. */
  operations(query: OperationQuery): Promise<Page<OperationRecord>>;
  /** Everything of one device that waits or runs, in sequence; not what only awaits the device's word of a transfer. */
  openOperations(device: DeviceKey): Promise<readonly OperationRecord[]>;
  /** Devices with such work, in the order of their keys, after `after`. */
  devicesWithWork(query: {
    readonly after?: DeviceKey;
    readonly limit: number;
  }): Promise<readonly DeviceKey[]>;
  /** A device's newest operations that move a file, as many as are of use, in sequence. */
  transfers(device: DeviceKey): Promise<readonly OperationRecord[]>;
  /** Those that nobody waits for any more by `now`, at most `limit`. */
  overdueTransfers(query: {
    readonly now: number;
    readonly limit: number;
  }): Promise<readonly OperationRecord[]>;
  /** What is known at and below `path`; the last Inform's own parameters laid over what was learned before it. */
  parameters(device: DeviceKey, path: string): Promise<LearnedParameters>;
  /** In the order of their ids, after `after`. */
  events(query: EventQuery): Promise<readonly EventRecord[]>;
  /** The id of the newest event, 0 without one. */
  lastEventId(): Promise<number>;
  relayPosition(): Promise<number>;
  /** Tells this store from every other one; the same in all processes that work on it, and as long as there is one. */
  identity(): Promise<string>;
  /** All of them, in the order of vendor, product class and software version. */
  modelQuirks(): Promise<readonly ModelQuirks[]>;
  /** Newest first. */
  audit(query: AuditQuery): Promise<readonly AuditRecord[]>;
  apiTokens(): Promise<readonly ApiToken[]>;

  /**
   * Makes one change, atomically, and resolves once it is on disk. Changes that wait together share one commit; one that
   * fails fails alone. Changes of one caller are made in the order they were asked for. Every change may be repeated: the
   * second time it does nothing and gives the same result. Rejects with {@link StoreFullError} where the disk is full or
   * cannot be written, {@link StoreBusyError} where too many changes wait, another program holds the store or its database
   * is away, and {@link StoreFailedError} otherwise; the first two say what helps. What is committed `soon` may wait a few
   * milliseconds for others; a change that is committed `now` takes it along.
   */
  commit<T extends ChangeType>(type: T, change: ChangeOf<T>, urgency?: Urgency): Promise<ResultOf<T>>;

  /** Why the disk, or the database, took no change when it was last asked for one; undefined where it did. */
  readonly refusal: string | undefined;

  /** Calls `listener` after each commit that stored events; a hint, not a delivery. */
  onEvents(listener: () => void): { unsubscribe(): void };

  /** Commits what waits, then closes. */
  close(): Promise<void>;
}

/** `now`, unless said otherwise. */
export type Urgency = "now" | "soon";

export type ChangeType = keyof Changes;
export type ChangeOf<T extends ChangeType> = Changes[T]["change"];
export type ResultOf<T extends ChangeType> = Changes[T]["result"];

/** Every change the ACS can make, with its result. Each stores its events in the same transaction. */
export interface Changes
  extends
    AccessChanges,
    BackupChanges,
    CampaignChanges,
    ChannelChanges,
    GroupChanges,
    LeaseChanges,
    OwnerChanges,
    NotificationChanges,
    PolicyChanges,
    WebhookChanges {
  /**
   * A device that is not known, or comes again from nothing, joins the registry. By first contact, one that has credentials of
   * its own does not.
   */
  "enrol-device": { readonly change: EnrolDevice; readonly result: EnrolResult };
  /** A device authenticated and opened a connection: raises the generation, keeps what its Inform said. */
  "open-connection": { readonly change: OpenConnection; readonly result: OpenResult };
  /** A light connection becomes the device's: raises the generation; the device has not lapsed any more. */
  "open-light-connection": { readonly change: OpenLightConnection; readonly result: OpenLightResult };
  "close-connection": { readonly change: CloseConnection; readonly result: Held };
  /** What earlier runs held is gone: the light connections of engines that are not among the `living` are closed. */
  "close-stale-connections": {
    readonly change: { readonly at: number; readonly living?: readonly EngineId[] };
    readonly result: { readonly closed: number };
  };
  /** Keeps what an Inform over a light connection said. */
  "record-inform": { readonly change: RecordInform; readonly result: Held };
  /** A device that was referred opened no light connection in time. Refused where it has one. */
  "lapse-device": { readonly change: LapseDevice; readonly result: Held };
  "accept-operation": { readonly change: AcceptOperation; readonly result: AcceptResult };
  /** Several operations at once, at most one of a device: all are accepted, or none. */
  "accept-operations": { readonly change: AcceptOperations; readonly result: AcceptAllResult };
  /**
   * Marks the RPC that is about to leave. Refused unless the operation is queued and the pair is the device's; reads pass
   * each other, nothing passes a write. A call that is out may be marked again with its own id on another connection,
   * whose device keeps answers, or by another owner of its own: it is the same call, asked once more.
   */
  "claim-call": { readonly change: ClaimCall; readonly result: Held };
  /** Takes a claim back: the call never left, or may be sent again. The operation is queued again. */
  "release-call": { readonly change: ReleaseCall; readonly result: Held };
  /** Keeps how the claimed RPC ended, what it taught, and the operation's end where it was the last. */
  "record-outcome": { readonly change: RecordOutcome; readonly result: Held };
  /** Ends an operation that has not ended. */
  "end-operation": { readonly change: EndOperation; readonly result: Held };
  /** A refresh that waits goes by another plan from now on. Refused where an RPC of it is out, or it has ended. */
  "replan-refresh": { readonly change: ReplanRefresh; readonly result: Held };
  /** What reading did to a device; without a strain it bears it. */
  "record-strain": { readonly change: RecordStrain; readonly result: Held };
  /** A person says that a device is not to be left alone any more. */
  "relieve-device": { readonly change: RelieveDevice; readonly result: Held };
  "settle-transfer": { readonly change: SettleTransfer; readonly result: Held };
  "record-progress": { readonly change: RecordProgress; readonly result: Held };
  "record-report": { readonly change: RecordReport; readonly result: Held };
  "record-wake": { readonly change: RecordWake; readonly result: Held };
  "set-approval": { readonly change: SetApproval; readonly result: Held };
  /** Somebody claims a device, which goes on as before. `unclaimable`: it has no credentials of its own, or not any more. */
  "claim-device": { readonly change: ClaimDevice; readonly result: ClaimResult };
  /** The device has shown its own credentials: whoever claims it is not the device. */
  "drop-claim": { readonly change: DropClaim; readonly result: Held };
  /**
   * A person says that the claim is right: the device's credentials and tokens are dead, its connections have lost their
   * right to carry calls, and none opens until it enrols by first contact. Refused where the claim was dropped.
   */
  "approve-claim": { readonly change: DecideClaim; readonly result: Held };
  /** A person says that the claim is wrong; the device goes on as before. */
  "reject-claim": { readonly change: DecideClaim; readonly result: Held };
  /** Keeps what a device showed of itself, for it and for its model with its software. */
  "learn-quirks": { readonly change: LearnQuirks; readonly result: LearnQuirksResult };
  /** A person says what holds, or takes that back. */
  "set-quirk": { readonly change: SetQuirk; readonly result: Held };
  /** What other operators know of models is added to what is known here, all of it or nothing. */
  "import-quirks": { readonly change: ImportQuirks; readonly result: ImportQuirksResult };
  /** Forgets a device, its parameters, credentials and open operations; its events stay until they age out. */
  "remove-device": { readonly change: RemoveDevice; readonly result: Held };
  "stage-credentials": { readonly change: StageCredentials; readonly result: Held };
  /** A device with credentials of its own is to be given new ones; the old are good until it has confirmed them. */
  "rotate-credentials": { readonly change: RotateCredentials; readonly result: Held };
  /** What was staged is the device's now; where it replaces others, tokens made before open nothing any more. */
  "confirm-credentials": { readonly change: ConfirmCredentials; readonly result: Held };
  /** The device refused what was staged; it is dropped. */
  "refuse-credentials": { readonly change: RefuseCredentials; readonly result: Held };
  "add-token": {
    readonly change: { readonly token: ApiToken; readonly audit: AuditEntry };
    readonly result: Held;
  };
  "revoke-token": {
    readonly change: { readonly id: string; readonly at: number; readonly audit: AuditEntry };
    readonly result: Held;
  };
  "record-audit": { readonly change: { readonly audit: AuditEntry }; readonly result: Held };
  "move-relay": { readonly change: { readonly position: number }; readonly result: Held };
  /** Deletes what is older than the retention allows; at most `limit` rows of each kind. */
  prune: { readonly change: Prune; readonly result: { readonly deleted: number } };
}

export interface OpenConnection {
  readonly key: DeviceKey;
  readonly connection: DeviceConnection;
  readonly address: string;
  /** Of the credentials by which the device was admitted. */
  readonly credentialVersion: number;
  readonly at: number;
  readonly facts: DeviceFacts;
  readonly style: DeviceStyle;
  /** The subprotocol it is referred to; undefined for a device that knows nothing of the light transport. */
  readonly lightSubprotocol: string | undefined;
  readonly parameters: ParameterValues;
  readonly booted: boolean;
  /** True also drops what was learned: the device starts from nothing. */
  readonly bootstrapped: boolean;
  readonly events: readonly NewEvent[];
}

/** `noted`: what the Inform said is kept, but the device's light connection stays the one that carries calls. */
export type OpenResult =
  | {
      readonly type: "opened" | "noted";
      readonly device: OpenedDevice;
      readonly operations: readonly OperationRecord[];
    }
  | { readonly type: "refused"; readonly reason: "unknown-device" | "not-approved" | "revoked" }
  /** Its gateway has announced the connection again since, and another engine owns it. */
  | { readonly type: "superseded" };

export interface CloseConnection extends Pair {
  readonly key: DeviceKey;
  readonly events: readonly NewEvent[];
}

export type NewOperation = Omit<OperationRecord, "sequence" | "state" | "outcomes" | "claim" | "attempts">;

export interface AcceptOperation {
  readonly operation: NewOperation;
  readonly idempotencyKey?: string;
  /** Says whether a repeated idempotency key asks for the same; hexadecimal SHA-256. */
  readonly requestHash: string;
  /** Operations of one device that may be open at once. */
  readonly maxOpen: number;
  readonly audit: AuditEntry;
  readonly events: readonly NewEvent[];
}

export type AcceptResult =
  | { readonly type: "accepted"; readonly operation: OperationRecord; readonly device: DeviceRecord }
  | { readonly type: "repeated"; readonly operation: OperationRecord }
  | Refused;

export interface AcceptOperations {
  readonly operations: readonly AcceptOperation[];
}

export type AcceptAllResult =
  /** In the order they were asked for; one that was asked for before is as it stands. */
  | { readonly type: "accepted"; readonly operations: readonly OperationRecord[] }
  /** The first that is not accepted. */
  | (Refused & { readonly device: DeviceKey });

interface Refused {
  readonly type: "refused";
  readonly reason: AcceptRefusal;
  /** Left out where the reason says it all. */
  readonly detail?: string;
}

export interface RecordReport {
  readonly device: DeviceKey;
  /** Refused where the device's is another: it has lost its rights since. */
  readonly credentialVersion: number;
  /** A report with this key was stored before: it is not stored twice, and the result is held. */
  readonly reportKey: string;
  readonly events: readonly NewEvent[];
}

export interface RecordWake extends Fenced {
  readonly device: DeviceKey;
  readonly wake: WakeStatus;
  readonly events: readonly NewEvent[];
}

export interface StageCredentials {
  readonly device: DeviceKey;
  readonly sealed: string;
}

export interface RotateCredentials {
  readonly device: DeviceKey;
  readonly at: number;
  readonly audit: AuditEntry;
  readonly events: readonly NewEvent[];
}

export interface ConfirmCredentials {
  readonly device: DeviceKey;
  /** What was staged; anything else is not confirmed. */
  readonly staged: string;
  /** The same secrets as they are kept from now on, without the password. */
  readonly sealed: string;
  readonly at: number;
  readonly events: readonly NewEvent[];
}

export interface RefuseCredentials {
  readonly device: DeviceKey;
  readonly staged: string;
  readonly events: readonly NewEvent[];
}

export interface Prune {
  readonly eventsBefore: number;
  readonly operationsEndedBefore: number;
  readonly auditBefore: number;
  readonly maxEvents: number;
  readonly limit: number;
}
