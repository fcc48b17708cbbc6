import type { Brand, DeviceKey, ParameterValues } from "@heliograph/protocol";
import {
  defaultChannelRules,
  MOST_PUBLICATION_BYTES,
  parties,
  type ChannelName,
  type ChannelRules,
} from "./channels.ts";
import type { FileId } from "./files.ts";
import type { GroupName } from "./groups.ts";
import type { OperationId } from "./ids.ts";

/** Also the name of its channel: what a policy says is published on `public/<policy>`. */
export type PolicyName = Brand<string, "PolicyName">;

const POLICY_NAME = /^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/;

export function policyName(text: string): PolicyName | undefined {
  return POLICY_NAME.test(text) ? (text as PolicyName) : undefined;
}

/** The policy of one device, its configuration: it goes before all others, and no group has it [LIGHT 6]. */
export const OWN_POLICY = "private" as PolicyName;

/** Above what any other policy may have. */
export const OWN_PRIORITY = 1_000_001;

/** Where a policy is published; nothing else is. */
export function channelOfPolicy(name: PolicyName): ChannelName {
  return `public/${name}` as ChannelName;
}

/** What the devices of a group are to hold [LIGHT 6]. */
export interface PolicyContent {
  /** Where two policies set one path, the higher holds it, then the one whose name comes first. */
  readonly priority: number;
  /** A device that differs later is mended, or only said to have drifted. */
  readonly hold: "mend" | "report";
  /** Values by object and leaf; `*` in an object's path is every instance that is there. */
  readonly values: ParameterValues;
  /** Objects that must be there: one is made where none has these values. */
  readonly objects: readonly WantedObject[];
  readonly file?: WantedFile;
}

export interface WantedObject {
  /** The object that instances are added to, with its dot. */
  readonly object: string;
  /** Leaves by which the instance is known. */
  readonly key: Readonly<Record<string, string | number | boolean>>;
  /** Leaves besides. */
  readonly values: Readonly<Record<string, string | number | boolean>>;
}

/** Brought about by a Download, whatever the device's transport. */
export interface WantedFile {
  readonly file: FileId;
  /** The device holds it already where this is its SoftwareVersion. */
  readonly version: string;
  /** Hours of the day, UTC, in which it may begin; left out: any. `from` may be after `to`: over midnight. */
  readonly hours?: { readonly from: number; readonly to: number };
}

/** How a version comes to a group: to a part of it at first, and to more while it goes well. */
export interface RolloutRules {
  /** Rising shares of the group, the last of them 1. */
  readonly waves: readonly number[];
  /** Devices a second that are begun with. */
  readonly perSecond: number;
  /** How long the ACS looks at a wave that has ended before the next begins. */
  readonly pauseMs: number;
  /** Where so many, or so large a share of those that ended, are faulted, it stops. */
  readonly stopAt: { readonly faulted: number; readonly share: number };
}

/** A first wave of one device in a hundred, and nobody else before an hour of it went well. */
export const defaultRollout: RolloutRules = {
  waves: [0.01, 0.1, 1],
  perSecond: 50,
  pauseMs: 3_600_000,
  stopAt: { faulted: 100, share: 0.05 },
};

export interface PolicyRecord {
  readonly name: PolicyName;
  readonly description: string;
  readonly group: GroupName;
  /** What is published next; as the published version where nothing was changed since. */
  readonly draft: PolicyContent;
  readonly rules: RolloutRules;
  /** The newest version that was published; 0 before the first. Versions only rise. */
  readonly version: number;
  readonly rollout?: Rollout;
  readonly createdAt: number;
  readonly changedAt: number;
}

export interface PolicyVersion {
  readonly policy: PolicyName;
  readonly version: number;
  readonly content: PolicyContent;
  readonly publishedAt: number;
  readonly by: string;
  /** The version whose content this one brings back. */
  readonly rollsBackTo?: number;
}

/**
 * `running`: devices are begun with; `watching`: a wave is out, and is looked at until its pause is over; `paused`: by a
 * manager; `stopped`: by its stop rules; `complete`: all of the group have it, and whoever joins gets it at once.
 */
export type RolloutState = "running" | "watching" | "paused" | "stopped" | "complete";

export interface Rollout {
  readonly version: number;
  readonly state: RolloutState;
  /** Index into the waves. */
  readonly wave: number;
  /** Since when it is in this state. */
  readonly since: number;
  /** Why it was stopped or paused. */
  readonly reason?: string;
  /** All of the group in one wave, and at once: a version that brings an earlier one back. */
  readonly atOnce?: true;
  /** Faulted devices that a manager has accepted by going on: its stop rules count those beyond them. */
  readonly accepted?: number;
}

/**
 * `pending`: begun with, nothing heard yet; `drifted`: held it, and differs; `fighting`: something sets it back as often as
 * it is mended; `not-applicable`: the device has nothing that the policy names.
 */
export const complianceStates = [
  "pending",
  "applied",
  "faulted",
  "drifted",
  "fighting",
  "not-applicable",
] as const;
export type ComplianceState = (typeof complianceStates)[number];

/** Where one device stands with one policy. */
export interface Compliance {
  readonly policy: PolicyName;
  readonly device: DeviceKey;
  /** The version that it is to hold. */
  readonly version: number;
  /** The version that it said to hold last; left out before the first. */
  readonly applied?: number;
  readonly state: ComplianceState;
  readonly at: number;
  /** What went wrong, by path where that is known. */
  readonly faults?: readonly PolicyFault[];
  /** Paths that differ from what it is to hold, where it drifted. */
  readonly drifted?: readonly string[];
  /** What brings it about now, on a device without channels. */
  readonly operation?: OperationId;
  /** When it was mended, of the last hour. */
  readonly mended: readonly number[];
}

export interface PolicyFault {
  readonly path?: string;
  readonly code: number;
  readonly message: string;
}

/** As many as there may be: each has a channel, and every device that changes its groups is looked at for all of them. */
export const MAX_POLICIES = 200;

/** So often a device is mended in an hour before it is said to be fighting [LIGHT 6]. */
export const MOST_MENDED_AN_HOUR = 3;

/**
 * What a device says of a policy in `Data` of its PublishResult, then and whenever that is not so any more: without any of
 * these it holds the policy, or could not apply it where its `Status` is `faulted`.
 */
export type PolicyAnswer = Partial<{
  readonly Faults: readonly {
    readonly Path?: string;
    readonly FaultCode: number;
    readonly FaultString: string;
  }[];
  /** Paths that differ from what it is to hold, where it may only say so. */
  readonly Drifted: readonly string[];
  /** Something sets it back as often as it mends it. */
  readonly Fighting: true;
  /** It has nothing that the policy names. */
  readonly NotApplicable: true;
}>;

/**
 * What is published on a policy's channel, and what its members hold. `Withdrawn`: the device forgets the policy; values stay,
 * and the next in priority applies.
 */
export type PolicyPublication =
  | {
      readonly Policy: string;
      readonly Version: number;
      readonly Priority: number;
      readonly Hold: "mend" | "report";
      readonly ParameterList: ParameterValues;
      readonly Objects?: readonly {
        readonly Object: string;
        readonly Key: Readonly<Record<string, string | number | boolean>>;
        readonly Values: Readonly<Record<string, string | number | boolean>>;
      }[];
    }
  | { readonly Policy: string; readonly Version: number; readonly Withdrawn: true };

export function publicationOf(
  name: PolicyName,
  version: number,
  { priority, hold, values, objects }: PolicyContent,
): PolicyPublication {
  return {
    Policy: name,
    Version: version,
    Priority: priority,
    Hold: hold,
    ParameterList: values,
    ...(objects.length === 0
      ? {}
      : {
          Objects: objects.map(({ object, key, values: Values }) => ({ Object: object, Key: key, Values })),
        }),
  };
}

/** A policy's own channel says all there is in its newest publication; nobody but the policy publishes there. */
const COMMON: ChannelRules = {
  publishers: [],
  subscribers: parties,
  history: { count: 1, bytes: MOST_PUBLICATION_BYTES },
  answers: true,
};

/** What holds for the channels on which policies are published: their own, and devices' own. */
export const policyChannelRules = {
  common: COMMON,
  own: { ...defaultChannelRules, answers: true },
} as const;
