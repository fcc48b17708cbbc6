import { Type } from "typebox";
import { AuditEntry } from "./audit.ts";
import { CallOutcome } from "./operations.ts";
import { ChannelNames, GrantedDevices, MethodNames, ReadPrefixes, WritePrefixes } from "./rights.ts";
import { Time, type Shape } from "./schema.ts";

export const GrantId = Type.String({ pattern: "^[0-9a-f]{16}$" });

const Seconds = Type.Integer({
  minimum: 1,
  maximum: 604_800,
  description: "How long it is good for, from now on. Nothing is granted for longer than seven days in all.",
});

const rights = {
  devices: GrantedDevices,
  methods: MethodNames,
  read: ReadPrefixes,
  write: WritePrefixes,
  channels: ChannelNames,
};

const Covers = Type.Object(
  {
    devices: Type.Integer({ minimum: 0 }),
    unfinished: Type.Optional(
      Type.Literal(true, { description: "There may be more: counting took too long." }),
    ),
  },
  { description: "How many devices the expression is true of now." },
);

const described = {
  id: GrantId,
  holder: Type.String({ description: "Whom it is for." }),
  reason: Type.String(),
  ...rights,
  givenBy: Type.String({ description: "Who gave it, as the audit log has it." }),
  created: Time,
  expires: Time,
  covers: Type.Optional(Covers),
};

export type Grant = Shape<typeof Grant>;
export const Grant = Type.Object(
  { ...described, revoked: Type.Optional(Time) },
  { title: "Grant", description: "What admits somebody for a while." },
);

export type GrantList = Shape<typeof GrantList>;
export const GrantList = Type.Object(
  { items: Type.Array(Grant) },
  { title: "GrantList", additionalProperties: false },
);

export type NewGrant = Shape<typeof NewGrant>;
export const NewGrant = Type.Object(
  {
    ...described,
    token: Type.String({ description: "Sent as `Authorization: Bearer …`, or opens a manager's socket." }),
  },
  { title: "NewGrant" },
);

export type GrantRequest = Shape<typeof GrantRequest>;
export const GrantRequest = Type.Object(
  {
    holder: Type.String({ minLength: 1, maxLength: 128, examples: ["Ms Miller of the vendor"] }),
    reason: Type.String({
      minLength: 1,
      maxLength: 1024,
      examples: ["ticket 4711: no WiFi on the second floor"],
    }),
    devices: GrantedDevices,
    methods: Type.Optional(MethodNames),
    read: Type.Optional(ReadPrefixes),
    write: Type.Optional(WritePrefixes),
    channels: Type.Optional(ChannelNames),
    seconds: Type.Optional(Seconds),
  },
  {
    title: "GrantRequest",
    description:
      "Methods left out: those that are bounded by the paths. Seconds left out: an hour. Nobody grants what they may not do " +
      "themselves.",
    additionalProperties: false,
  },
);

export type GrantNarrowing = Shape<typeof GrantNarrowing>;
export const GrantNarrowing = Type.Object(
  {
    devices: Type.Optional(GrantedDevices),
    methods: Type.Optional(MethodNames),
    read: Type.Optional(ReadPrefixes),
    write: Type.Optional(WritePrefixes),
    channels: Type.Optional(ChannelNames),
    seconds: Type.Optional(Seconds),
  },
  {
    title: "GrantNarrowing",
    description: "What is left of the grant; what is left out stays as it is.",
    additionalProperties: false,
  },
);

export type GrantExtension = Shape<typeof GrantExtension>;
export const GrantExtension = Type.Object(
  { seconds: Seconds },
  { title: "GrantExtension", additionalProperties: false },
);

export const GrantPath = Type.Object({ id: GrantId });

export type TranscriptEntry = Shape<typeof TranscriptEntry>;
export const TranscriptEntry = Type.Object(
  {
    ...AuditEntry.properties,
    outcomes: Type.Optional(Type.Array(CallOutcome)),
  },
  {
    title: "TranscriptEntry",
    description: "An entry of the audit log; of a call with what came of it, as far as that is kept.",
  },
);

export type Transcript = Shape<typeof Transcript>;
export const Transcript = Type.Object(
  {
    grant: Grant,
    items: Type.Array(TranscriptEntry, { description: "Oldest first." }),
    isAll: Type.Boolean({ description: "Whether nothing older was left out." }),
  },
  { title: "Transcript", description: "What was done under a grant.", additionalProperties: false },
);
