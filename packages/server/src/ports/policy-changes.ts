import type { DeviceKey } from "@heliograph/protocol";
import type { GroupName } from "./groups.ts";
import type { Held } from "./held.ts";
import type { OperationId } from "./ids.ts";
import type { Page } from "./page.ts";
import type {
  Compliance,
  ComplianceState,
  PolicyContent,
  PolicyFault,
  PolicyName,
  PolicyRecord,
  PolicyVersion,
  Rollout,
  RolloutRules,
} from "./policies.ts";
import type { AuditEntry } from "./records.ts";

/** What the store says of policies. */
export interface PolicyReads {
  /** In the order of their names. */
  policies(): Promise<readonly PolicyRecord[]>;
  policy(name: PolicyName): Promise<PolicyRecord | undefined>;
  /** Newest first. */
  policyVersions(name: PolicyName): Promise<readonly PolicyVersion[]>;
  policyVersion(name: PolicyName, version: number): Promise<PolicyVersion | undefined>;
  /** What the device alone is to hold. */
  configuration(device: DeviceKey): Promise<PolicyVersion | undefined>;
  /** What it alone was to hold, newest first, as far as that is kept. */
  configurations(device: DeviceKey): Promise<readonly PolicyVersion[]>;
  /** Whether any device is to hold anything. */
  isAnythingHeld(): Promise<boolean>;
  /** Devices that a policy was begun with, in the order of their keys. */
  compliance(query: ComplianceQuery): Promise<Page<Compliance>>;
  complianceCounts(name: PolicyName): Promise<ComplianceCounts>;
  /** Where a device stands with each policy that it was begun with, in the order of their names. */
  complianceOf(device: DeviceKey): Promise<readonly Compliance[]>;
  /** Of some devices, at most 1000, in the order of their keys and the policies' names. */
  complianceAmong(devices: readonly DeviceKey[]): Promise<readonly Compliance[]>;
  /** Devices that stand in one of these states with any policy, in the order of their keys and the policies' names. */
  complianceWork(query: ComplianceWorkQuery): Promise<readonly Compliance[]>;
  /** Members of the policy's group that its newest version was not begun with, in the order of their keys. */
  policyJoiners(query: PolicyDevicesQuery): Promise<readonly PolicyJoiner[]>;
  /** Devices that the policy was begun with, and that belong to its group no more. */
  policyLeavers(query: PolicyDevicesQuery): Promise<readonly DeviceKey[]>;
}

export interface ComplianceQuery {
  readonly policy: PolicyName;
  readonly state?: ComplianceState;
  readonly after?: string;
  readonly limit: number;
}

export interface ComplianceWorkQuery {
  readonly states: readonly ComplianceState[];
  readonly after?: { readonly device: DeviceKey; readonly policy: PolicyName };
  readonly limit: number;
}

export interface PolicyDevicesQuery {
  readonly policy: PolicyName;
  readonly after?: DeviceKey;
  readonly limit: number;
}

/** Where a device stands with an earlier version; only its key where it was begun with none. */
export type PolicyJoiner = Pick<Compliance, "device"> & Partial<Pick<Compliance, "version" | "state">>;

/** How many devices stand where with the newest version, and how many hold an older one. */
export interface ComplianceCounts {
  readonly states: Readonly<Record<ComplianceState, number>>;
  readonly older: number;
  /** Of the group, whatever they hold. */
  readonly members: number;
}

export interface PolicyChanges {
  /** Makes a policy, or changes what is published next. */
  "set-policy": { readonly change: SetPolicy; readonly result: SetPolicyResult };
  /** Members are told that it is withdrawn; a policy of its name that is made later goes on from its version. */
  "remove-policy": { readonly change: RemovePolicy; readonly result: Held };
  /** Makes a version of the draft, or of an earlier version, and begins to roll it out: its channel has no members yet. */
  "publish-policy": { readonly change: PublishPolicy; readonly result: PublishPolicyResult };
  /** Not held: another version was published since, or the rollout is not as it was when this was decided. */
  "move-rollout": { readonly change: MoveRollout; readonly result: Held };
  /** Those of the devices that are in the group become members of the channel, and are to hold the version. */
  "begin-compliance": { readonly change: BeginCompliance; readonly result: Devices };
  /** Those of the devices that are not in the group any more are told that the policy is withdrawn, and leave the channel. */
  "end-compliance": { readonly change: EndCompliance; readonly result: Devices };
  /** The device alone is to hold this, before all that policies of groups say. */
  "set-configuration": { readonly change: SetConfiguration; readonly result: SetConfigurationResult };
  /** Not held: there is none. */
  "remove-configuration": { readonly change: RemoveConfiguration; readonly result: Held };
  /** Not held: the device is not to hold this version. */
  "record-compliance": { readonly change: RecordCompliance; readonly result: Held };
}

export interface SetPolicy {
  readonly name: PolicyName;
  readonly description: string;
  readonly group: GroupName;
  readonly draft: PolicyContent;
  readonly rules: RolloutRules;
  readonly at: number;
  readonly audit: AuditEntry;
}

/** `name-taken`: a group or a channel has it, whose members would be the policy's. */
export type SetPolicyResult =
  | { readonly type: "made" | "changed"; readonly policy: PolicyRecord }
  | { readonly type: "refused"; readonly reason: "name-taken" | "unknown-group" | "too-many" };

export interface RemovePolicy {
  readonly name: PolicyName;
  readonly at: number;
  /** Of its channel. */
  readonly epoch: string;
  readonly audit: AuditEntry;
}

export interface PublishPolicy {
  readonly name: PolicyName;
  /** Of its channel, from this version on: who was a member is none any more. */
  readonly epoch: string;
  readonly at: number;
  readonly by: string;
  /** The version whose content is brought back, in one wave; left out: the draft. */
  readonly rollsBackTo?: number;
  readonly audit: AuditEntry;
}

export type PublishPolicyResult =
  | { readonly type: "published"; readonly version: PolicyVersion; readonly rollout: Rollout }
  | { readonly type: "refused"; readonly reason: "unknown-policy" | "unknown-version" };

export interface MoveRollout {
  readonly policy: PolicyName;
  readonly from: Rollout;
  readonly to: Rollout;
  /** Where a person moves it. */
  readonly audit?: AuditEntry;
}

export interface SetConfiguration {
  readonly device: DeviceKey;
  readonly content: PolicyContent;
  /** Of the device's own channel, where it is not there yet. */
  readonly epoch: string;
  readonly at: number;
  readonly audit: AuditEntry;
}

/** `removed`: it was set before, and is removed by now. */
export type SetConfigurationResult =
  | { readonly type: "set"; readonly version: PolicyVersion }
  | { readonly type: "refused"; readonly reason: "unknown-device" | "removed" };

export type RemoveConfiguration = Omit<SetConfiguration, "content">;

export interface BeginCompliance {
  readonly policy: PolicyName;
  readonly version: number;
  readonly devices: readonly DeviceKey[];
  readonly at: number;
}

export interface EndCompliance {
  readonly policy: PolicyName;
  readonly devices: readonly DeviceKey[];
  /** Of a device's own channel that is not there yet. */
  readonly epoch: string;
  readonly at: number;
}

/** Those that it came true of. */
export interface Devices {
  readonly devices: readonly DeviceKey[];
}

/** What became of a version on a device. An event of the device tells where its state is another than before. */
export interface RecordCompliance {
  readonly policy: PolicyName;
  readonly device: DeviceKey;
  readonly version: number;
  readonly state: ComplianceState;
  readonly at: number;
  readonly faults?: readonly PolicyFault[];
  readonly drifted?: readonly string[];
  readonly operation?: OperationId;
  /** Left out: as it was. */
  readonly mended?: readonly number[];
}
