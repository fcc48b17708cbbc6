import {
  boolean,
  defaulted,
  int,
  object,
  optional,
  parameterList,
  structArray,
  text,
  textArray,
  unsignedInt,
  type Fields,
  type StructOf,
} from "./field.ts";

const NAME_CHARS = 64;
const PATH_CHARS = 256;

const identity = { Policy: text(NAME_CHARS), Version: unsignedInt() };

const policyFields = {
  ...identity,
  /** Where two policies set one path, the higher holds it, then the one whose name comes first. */
  Priority: int(),
  /** `mend`: what differs later is set again; otherwise the device only says so. */
  Hold: text(16, /^(mend|report)$/),
  /** `*` in an object's path is every instance that is there. */
  ParameterList: parameterList("parameter-values"),
  /** Objects that must be there: one is added where none has the values of its key. */
  Objects: optional(
    structArray("WantedObject", {
      /** The object that instances are added to. */
      Object: text(PATH_CHARS, /\.$/),
      Key: object(),
      Values: object(),
    }),
  ),
} as const satisfies Fields;

const withdrawnFields = { ...identity, Withdrawn: boolean() } as const satisfies Fields;

/** A version of a policy that a device is to hold, whole or not at all. */
export type PolicySetting = StructOf<typeof policyFields>;

/** The device forgets the policy: values stay, and the next in priority applies. */
export type PolicyWithdrawal = StructOf<typeof withdrawnFields>;

/** What is published of a policy on a channel [LIGHT 6]. */
export const policyPublications = { policy: policyFields, "policy-withdrawn": withdrawnFields } as const;

/** What a device says of a policy in the Data of its PublishResult [LIGHT 6]. */
export const policyAnswer = {
  Faults: optional(
    structArray("PolicyFault", {
      Path: optional(text(PATH_CHARS)),
      FaultCode: unsignedInt(),
      FaultString: defaulted(text(1024)),
    }),
  ),
  /** Paths that differ from what the device is to hold. */
  Drifted: optional(textArray(text(PATH_CHARS))),
  /** Something sets it back as often as it is mended. */
  Fighting: optional(boolean()),
  /** The device has nothing that the policy names. */
  NotApplicable: optional(boolean()),
} as const satisfies Fields;

export type PolicyAnswerData = StructOf<typeof policyAnswer>;
