import type {
  Attributes,
  CompactValue,
  DeviceId,
  DeviceKey,
  JsonObject,
  ParameterAttributes,
  ParameterNames,
  ParameterValues,
  RpcOutcome,
} from "@heliograph/protocol";
import type { GrantId } from "./grants.ts";
import type { CallId, ConnectionId, EngineId, GatewayId, OperationId } from "./ids.ts";
import type { OperationState } from "./operation-state.ts";
import type { KnownQuirks } from "./quirks.ts";
import type { RefreshPlan } from "./refresh.ts";
import type { Circle, Strain } from "./strain.ts";
import type { TransferRecord } from "./transfers.ts";

/** What the ACS keeps of a device. Times are milliseconds since 1970. */
export interface DeviceRecord {
  readonly key: DeviceKey;
  readonly deviceId: DeviceId;
  readonly approval: Approval;
  readonly enrolledAt: number;
  readonly enrolledBy: EnrolledBy;
  /** Where the last authenticated Inform came from. */
  readonly address: string;
  readonly lastInformAt?: number;
  readonly lastBootAt?: number;
  readonly lastBootstrapAt?: number;
  readonly facts: DeviceFacts;
  readonly style?: DeviceStyle;
  /** The connection that may carry calls; the last one where none is open. */
  readonly connection?: DeviceConnection;
  /** Raised by every new connection and owner; who holds an older one is refused. */
  readonly generation: number;
  readonly wake: WakeStatus;
  readonly credentials: CredentialsState;
  /** Somebody who knows no more than the first-contact secret says that the device is theirs, and starts from nothing. */
  readonly claim?: DeviceClaim;
  /** Raised where the device loses rights: tokens that carry an older one open nothing any more. */
  readonly credentialVersion: number;
  /** What its last Inform said of the light transport; left out for a device that knows nothing of it. */
  readonly light?: LightStanding;
  /** What it was found to need, or is said to; left out where it showed nothing that its model does not. */
  readonly quirks?: KnownQuirks;
  /** What reading did to it, until it answers a read again. */
  readonly strain?: Strain;
  /** The last time that what asks by itself was stopped on it for going round. */
  readonly circle?: Circle;
  readonly tags: readonly string[];
}

/** Of a device, what decides whether it may come in, and how it is spoken to. */
export type KnownDevice = Pick<
  DeviceRecord,
  "key" | "approval" | "claim" | "quirks" | "facts" | "credentialVersion"
>;

/** Of a device, what decides what its new connection is for. */
export type OpenedDevice = Pick<
  DeviceRecord,
  "key" | "generation" | "credentialVersion" | "credentials" | "facts" | "light" | "wake" | "strain"
>;

/** A device and its credentials, of one moment. */
export interface DeviceLogin {
  readonly device: KnownDevice;
  readonly credentials: DeviceCredentials;
}

export type Approval = "waiting" | "approved" | "rejected";

/**
 * What is kept of Informs that say `0 BOOTSTRAP` in the name of a device with credentials of its own, and prove nothing but
 * the first-contact secret: a person decides whether the device was reset, or somebody else wants to be it.
 */
export interface DeviceClaim {
  /** When the first of them came. */
  readonly at: number;
  /** When the last one came, and from where. */
  readonly lastAt: number;
  readonly address: string;
  readonly count: number;
  /** When a person approved it: what the device held is dead, and its next first contact is the device's. */
  readonly approvedAt?: number;
}

/** How the device came in: by its certificate, by the open-enrolment setting, or by the shared first-contact secret. */
export type EnrolledBy = "certificate" | "open-enrolment" | "first-contact";

/** What Informs say of a device, kept where it can be searched. */
export interface DeviceFacts {
  /** `Device.` or `InternetGatewayDevice.` */
  readonly root?: string;
  readonly softwareVersion?: string;
  readonly hardwareVersion?: string;
  readonly connectionRequestUrl?: string;
}

/** How a device writes, so that it is answered in kind. */
export interface DeviceStyle {
  /** The CWMP namespace it uses. */
  readonly namespace: string;
  /** Whether its own messages start with an XML declaration. */
  readonly declaration: boolean;
}

/** A device that offers the light transport and is referred to it. */
export interface LightStanding {
  readonly subprotocol: string;
  /** It opened no connection in time after it was referred: its sessions are served until it does. */
  readonly lapsed: boolean;
}

export interface DeviceConnection {
  readonly id: ConnectionId;
  readonly transport: "classic" | "light";
  readonly gateway: GatewayId;
  readonly engine: EngineId;
  readonly openedAt: number;
  /** Set by the store once the connection is closed, or has lost its right to carry calls. */
  readonly closed?: boolean;
}

/** What became of connection requests to a device. */
export interface WakeStatus {
  /** Requests since the device last opened a session. */
  readonly attempts: number;
  readonly last?: WakeOutcome;
  /** When the next one is due; left out while no work waits. */
  readonly nextAt?: number;
}

export interface WakeOutcome {
  readonly at: number;
  readonly result: WakeResult;
  /** The device's HTTP status, where it answered. */
  readonly status?: number;
  /** What was tried and what came back, in one sentence for a person; never a body, never a secret. */
  readonly detail: string;
}

/**
 * `accepted`: the device said it will call. `sent`: by UDP, which is not answered: that it comes is the answer. `busy`: 503, or without a status our own limits held it back. `unauthorized`:
 * it refused our credentials. `unreachable`: no answer. `forbidden`: we do not send there. `impossible`: it gave no usable
 * address, or has no credentials yet.
 */
export type WakeResult =
  "accepted" | "sent" | "busy" | "unauthorized" | "refused" | "unreachable" | "forbidden" | "impossible";

/**
 * Whether the device has credentials of its own: none yet, sent but unconfirmed, confirmed, refused by it, or confirmed and
 * to be replaced.
 */
export type CredentialsState = "none" | "staged" | "confirmed" | "refused" | "rotating";

/** A device's own secrets, sealed with the secret key; never leaves the process in the clear but to the device. */
export interface DeviceCredentials {
  /** The sealed JSON of {@link DeviceSecrets} that is known to be the device's. */
  readonly confirmed?: string;
  /** The sealed JSON that was sent, or is about to be; the device may hold either. */
  readonly staged?: string;
}

export interface DeviceSecrets {
  /** What the device logs in with. */
  readonly username: string;
  /** Only while the device has not confirmed it: it must still be sent. */
  readonly password?: string;
  readonly ha1: Ha1;
  /** What the device expects of a connection request. */
  readonly connectionRequestUsername: string;
  readonly connectionRequestPassword: string;
}

/** Hashes of `username:realm:password`, hexadecimal: all that digest needs to check a login. */
export interface Ha1 {
  readonly MD5: string;
  readonly "SHA-256": string;
}

/** One RPC of an operation, in the token's shape. */
export interface DeviceCall {
  readonly method: string;
  readonly params: JsonObject;
}

/** What a manager asked for: one or more RPCs in order, tracked to an end state. */
export interface OperationRecord {
  readonly id: OperationId;
  readonly device: DeviceKey;
  /** Only rises; operations of one device run in this order. */
  readonly sequence: number;
  readonly state: OperationState;
  readonly rpcs: readonly DeviceCall[];
  /** Whether it only reads: such operations may be under way side by side. */
  readonly reads: boolean;
  /** One for each RPC that ended, in order; a fault is the last. */
  readonly outcomes: readonly RpcOutcome[];
  /** The RPC that is out now, the one after the outcomes. */
  readonly claim?: Claim;
  /** Where it is a refresh: what it goes by. Its outcomes are counted there, and not kept. */
  readonly refresh?: RefreshPlan;
  /** Where its last RPC moves a file: what became of that. */
  readonly transfer?: TransferRecord;
  /** What asks by itself, such as a policy; left out where a person asks. */
  readonly automatic?: string;
  /** Sendings of the current RPC so far. */
  readonly attempts: number;
  readonly manager: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly endedAt?: number;
  /** Why it ended as it did, where the outcomes do not say. */
  readonly reason?: string;
}

/** Written before the first byte of a call leaves, so that no crash can make us send it twice. */
export interface Claim {
  readonly callId: CallId;
  readonly connection: ConnectionId;
  readonly generation: number;
  readonly at: number;
}

export type AcceptRefusal =
  | "unknown-device"
  | "not-approved"
  | "not-allowed"
  | "queue-full"
  | "left-alone"
  | "leased"
  | "held-by-policy"
  | "command-key-open"
  | "idempotency-mismatch"
  | "bad-request";

/** An event on its way into the store. */
export interface NewEvent {
  readonly at: number;
  readonly device: DeviceKey;
  /** One subject token: `boot`, `value-change`, `m-reboot`, `enrolled` … */
  readonly name: string;
  readonly operation?: OperationId;
  readonly data: JsonObject;
}

export interface EventRecord extends NewEvent {
  /** Only rises; the position readers resume from. */
  readonly id: number;
}

/** Who did what; append-only. */
export interface AuditEntry {
  readonly at: number;
  readonly manager: string;
  readonly action: string;
  readonly device?: DeviceKey;
  /** Under which it was done; left out where it was under none. */
  readonly grant?: GrantId;
  readonly detail: JsonObject;
}

export interface AuditRecord extends AuditEntry {
  readonly id: number;
}

/** What the ACS knows of one parameter or object. */
export interface LearnedParameter {
  readonly value?: CompactValue;
  /** When the value was reported. */
  readonly at?: number;
  readonly writable?: boolean;
  readonly attributes?: Attributes;
}

/** Grouped by object, leaf names inside; an object's own entry stands under `""`. */
export type LearnedParameters = Readonly<Record<string, Readonly<Record<string, LearnedParameter>>>>;

/** What one answer, or one accepted write, taught about a device's data model. */
export interface Lesson {
  readonly at: number;
  readonly values?: ParameterValues;
  readonly names?: ParameterNames;
  readonly attributes?: ParameterAttributes;
  /** Partial paths whose whole subtree the answer told: what it leaves out is gone. */
  readonly complete?: readonly string[];
  /** Objects whose next level the answer told: instances that it leaves out are gone. */
  readonly levels?: readonly string[];
  /** Objects that were deleted, with everything below them. */
  readonly deleted?: readonly string[];
}

/** A northbound token; only its hash is kept. */
export interface ApiToken {
  readonly id: string;
  readonly name: string;
  /** What it gives; of a user's session, what the user has now stands before it. */
  readonly role: string;
  /** Whose session it is. */
  readonly user?: string;
  /** SHA-256 of the token, hexadecimal: it is 256 random bits, so no slow hash is needed. */
  readonly hash: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
}
