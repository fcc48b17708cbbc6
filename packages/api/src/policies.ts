import { Type } from "typebox";
import { DeviceKey, page, paging, Time, type JsonObject, type Shape } from "./schema.ts";

export const PolicyName = Type.String({
  pattern: "^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$",
  description: "Also its channel's: what it says is published on `public/<policy>`.",
  examples: ["guest-wifi"],
});

const GroupName = Type.String({ maxLength: 64, examples: ["gold"] });
const ObjectPath = Type.String({ maxLength: 256, pattern: "\\.$", examples: ["Device.WiFi.SSID."] });
const Leaves = Type.Record(
  Type.String({ maxLength: 256 }),
  Type.Union([Type.String({ maxLength: 32_768 }), Type.Number(), Type.Boolean()]),
);

export const WantedObject = Type.Object(
  {
    object: ObjectPath,
    key: Leaves,
    values: Type.Optional(Leaves),
  },
  {
    title: "WantedObject",
    description: "An object that must be there: one is made where none has the values of `key`.",
    additionalProperties: false,
  },
);

const Hour = Type.Integer({ minimum: 0, maximum: 23 });

export const WantedFile = Type.Object(
  {
    file: Type.String({ maxLength: 64, description: "The id of a file that the ACS keeps." }),
    version: Type.String({
      maxLength: 256,
      description: "A device whose SoftwareVersion this is holds it already.",
    }),
    hours: Type.Optional(
      Type.Object(
        { from: Hour, to: Hour },
        {
          description: "Hours of the day, in UTC, in which a device may begin; `from` may be after `to`.",
          additionalProperties: false,
        },
      ),
    ),
  },
  {
    title: "WantedFile",
    description: "A file that devices are to have, which they download one after the other.",
    additionalProperties: false,
  },
);

const Priority = Type.Integer({
  minimum: -1_000_000,
  maximum: 1_000_000,
  description: "Where two policies set one path the higher holds it, then the one whose name comes first.",
});

export const Hold = Type.Enum(["mend", "report"], {
  description:
    "`mend`: a device that differs later is set again. `report`: it only says that it has drifted.",
});

export const Values = Type.Unsafe<JsonObject>({
  type: "object",
  description: "By object and leaf. `*` in an object's path is every instance that is there.",
  examples: [{ "Device.WiFi.Radio.*.": { Enable: true } }],
});

const contentFields = {
  priority: Priority,
  hold: Hold,
  values: Values,
  objects: Type.Array(WantedObject, { maxItems: 100 }),
  file: Type.Optional(WantedFile),
};

export type PolicyContent = Shape<typeof PolicyContent>;
export const PolicyContent = Type.Object(contentFields, {
  title: "PolicyContent",
  description: "What the devices of a group are to hold: values and objects, or a file.",
});

const rolloutFields = {
  waves: Type.Array(Type.Number({ exclusiveMinimum: 0, maximum: 1 }), {
    minItems: 1,
    maxItems: 20,
    description: "Rising shares of the group; the last one is 1.",
    examples: [[0.01, 0.1, 1]],
  }),
  perSecond: Type.Integer({ minimum: 1, maximum: 10_000, description: "Devices that are begun with." }),
  pause: Type.Number({
    minimum: 0,
    maximum: 2_592_000,
    description: "Seconds for which a wave that is out is looked at before the next one begins.",
  }),
  stopAt: Type.Object(
    {
      faulted: Type.Integer({ minimum: 1 }),
      share: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
    },
    {
      description:
        "It stops where so many devices are faulted, or so large a share of those that answered; whichever is first.",
      additionalProperties: false,
    },
  ),
};

export type RolloutRules = Shape<typeof RolloutRules>;
export const RolloutRules = Type.Object(rolloutFields, {
  title: "RolloutRules",
  description: "How a version comes to its group: to a part of it at first, and to more while it goes well.",
});

export type Rollout = Shape<typeof Rollout>;
export const Rollout = Type.Object(
  {
    version: Type.Integer({ minimum: 1 }),
    state: Type.Enum(["running", "watching", "paused", "stopped", "complete"], {
      description:
        "`running`: devices are begun with. `watching`: a wave is out, and is looked at until its pause is over and " +
        "somebody has answered. `paused`: by a manager. `stopped`: by its rules. `complete`: all of the group were begun " +
        "with, and whoever joins is at once.",
    }),
    wave: Type.Integer({ minimum: 1, description: "The first is 1." }),
    waves: Type.Integer({ minimum: 1 }),
    since: Time,
    reason: Type.Optional(Type.String()),
  },
  { title: "Rollout" },
);

const count = Type.Integer({ minimum: 0 });

export type ComplianceCounts = Shape<typeof ComplianceCounts>;
export const ComplianceCounts = Type.Object(
  {
    members: Type.Integer({ minimum: 0, description: "Devices of the group." }),
    pending: count,
    applied: count,
    faulted: count,
    drifted: count,
    fighting: count,
    "not-applicable": count,
    older: Type.Integer({ minimum: 0, description: "Devices that an earlier version was the last for." }),
  },
  { title: "ComplianceCounts", description: "How many devices stand where with the newest version." },
);

export type Policy = Shape<typeof Policy>;
export const Policy = Type.Object(
  {
    name: PolicyName,
    description: Type.String(),
    group: GroupName,
    draft: PolicyContent,
    rules: RolloutRules,
    version: Type.Integer({ minimum: 0, description: "The newest that was published; 0 before the first." }),
    rollout: Type.Optional(Rollout),
    compliance: ComplianceCounts,
    created: Time,
    changed: Time,
  },
  { title: "Policy", description: "What the devices of a group are to hold, and how far it has come." },
);

export type PolicyList = Shape<typeof PolicyList>;
export const PolicyList = Type.Object(
  { items: Type.Array(Policy) },
  { title: "PolicyList", additionalProperties: false },
);

export type PolicyRequest = Shape<typeof PolicyRequest>;
export const PolicyRequest = Type.Object(
  {
    group: GroupName,
    description: Type.Optional(Type.String({ maxLength: 1024 })),
    priority: Type.Optional(Priority),
    hold: Type.Optional(Hold),
    values: Type.Optional(Values),
    objects: Type.Optional(Type.Array(WantedObject, { maxItems: 100 })),
    file: Type.Optional(WantedFile),
    rules: Type.Optional(Type.Partial(RolloutRules, { additionalProperties: false })),
  },
  { title: "PolicyRequest", additionalProperties: false },
);

export const PolicyPath = Type.Object({ name: Type.String({ maxLength: 64 }) });

export type PolicyVersion = Shape<typeof PolicyVersion>;
export const PolicyVersion = Type.Object(
  {
    version: Type.Integer({ minimum: 1 }),
    content: PolicyContent,
    published: Time,
    by: Type.String(),
    rollsBackTo: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { title: "PolicyVersion" },
);

export type PolicyVersionList = Shape<typeof PolicyVersionList>;
export const PolicyVersionList = Type.Object(
  { items: Type.Array(PolicyVersion) },
  { title: "PolicyVersionList", additionalProperties: false },
);

export type RollbackRequest = Shape<typeof RollbackRequest>;
export const RollbackRequest = Type.Object(
  {
    version: Type.Optional(Type.Integer({ minimum: 1, description: "Left out: the one before the newest." })),
  },
  { title: "RollbackRequest", additionalProperties: false },
);

export type PreviewRequest = Shape<typeof PreviewRequest>;
export const PreviewRequest = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200, description: "Devices that are looked at; 20 else." }),
    ),
  },
  { title: "PreviewRequest", additionalProperties: false },
);

const PreviewedChange = Type.Object(
  {
    path: Type.String(),
    from: Type.Optional(Type.Unknown({ description: "Left out where the ACS does not know it." })),
    to: Type.Unknown(),
  },
  { title: "PreviewedChange" },
);

export const PolicyConflict = Type.Object(
  {
    path: Type.String(),
    holder: PolicyName,
    other: { ...PolicyName, description: "What it says is left out." },
    by: Type.Enum(["priority", "name"], {
      description:
        "`priority`: that of the other is lower. `name`: it is the same, and its name comes later.",
    }),
    value: Type.Unknown({ description: "What the other says." }),
  },
  { title: "PolicyConflict" },
);

export type PolicyPreview = Shape<typeof PolicyPreview>;
export const PolicyPreview = Type.Object(
  {
    members: Type.Integer({
      minimum: 0,
      description: "Devices of the group, which would all get it in the end.",
    }),
    waves: Type.Array(Type.Integer({ minimum: 0 }), {
      description: "How many have it when each wave is out.",
    }),
    devices: Type.Array(
      Type.Object({ device: DeviceKey, changes: Type.Array(PreviewedChange) }, { title: "PreviewedDevice" }),
      { description: "The first to get it, and what would change there by what the ACS knows." },
    ),
    conflicts: Type.Array(PolicyConflict, {
      description: "Paths that this policy and another set to different values, and who holds them.",
    }),
  },
  { title: "PolicyPreview", description: "What would be if the draft were published now." },
);

export const ComplianceState = Type.Enum(
  ["pending", "applied", "faulted", "drifted", "fighting", "not-applicable"],
  {
    title: "ComplianceState",
    description:
      "`pending`: begun with, nothing heard yet. `drifted`: held it, and differs. `fighting`: something sets it back as " +
      "often as it is mended. `not-applicable`: the device has nothing that the policy names.",
  },
);

export type Compliance = Shape<typeof Compliance>;
export const Compliance = Type.Object(
  {
    policy: PolicyName,
    device: DeviceKey,
    version: Type.Integer({ minimum: 1, description: "That it is to hold." }),
    applied: Type.Optional(Type.Integer({ minimum: 1, description: "That it said to hold last." })),
    state: ComplianceState,
    at: Time,
    faults: Type.Optional(
      Type.Array(
        Type.Object(
          { path: Type.Optional(Type.String()), code: Type.Integer(), message: Type.String() },
          { title: "PolicyFault" },
        ),
      ),
    ),
    drifted: Type.Optional(Type.Array(Type.String())),
    operation: Type.Optional(Type.String()),
  },
  { title: "Compliance", description: "Where one device stands with one policy." },
);

export type CompliancePage = Shape<typeof CompliancePage>;
export const CompliancePage = page("CompliancePage", Compliance);

export type ComplianceFilter = Shape<typeof ComplianceFilter>;
export const ComplianceFilter = Type.Object(
  { state: Type.Optional(ComplianceState), ...paging },
  { additionalProperties: false },
);

export type ComplianceList = Shape<typeof ComplianceList>;
export const ComplianceList = Type.Object(
  { items: Type.Array(Compliance) },
  { title: "ComplianceList", additionalProperties: false },
);
