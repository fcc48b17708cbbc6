import { Type } from "typebox";
import { Call } from "./operations.ts";
import { DeviceKey, OperationId, page, paging, Time, type Shape } from "./schema.ts";

const CampaignId = Type.String({ pattern: "^[0-9a-f]{16}$", description: "16 hexadecimal digits." });

export type CampaignState = Shape<typeof CampaignState>;
export const CampaignState = Type.Enum(
  ["planned", "gathering", "running", "paused", "stopped", "cancelled", "over"],
  {
    title: "CampaignState",
    description:
      "`planned`: its start is to come. `gathering`: its devices are being noted. `paused`: by a manager. `stopped`: by its " +
      "rules, or because what it was asked by has expired or was revoked. `cancelled`: for good. `over`: every device has " +
      "ended, or its time has.",
  },
);

export type CampaignMemberState = Shape<typeof CampaignMemberState>;
export const CampaignMemberState = Type.Enum(
  ["waiting", "begun", "asleep", "done", "faulted", "unknown", "not-reached", "withdrawn", "skipped"],
  {
    title: "CampaignMemberState",
    description:
      "`waiting`: not begun with, and never, where the campaign is over. `begun`: its operation is under way. `asleep`: it " +
      "has not come for its operation yet. `unknown`: nothing tells whether it did it. `not-reached`: it did not come in " +
      "time. `withdrawn`: its operation was cancelled before it left. `skipped`: it was asked for nothing; `reason` says why.",
  },
);

const devices = Type.Integer({ minimum: 0 });

const Pace = Type.Object(
  {
    perSecond: Type.Number({
      exclusiveMinimum: 0,
      maximum: 500,
      description: "Devices that are begun with in a second; less than 1 for one in so many seconds.",
    }),
    atOnce: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      description:
        "Devices that may be at it at once. One that has not come for its operation for a minute gives its place to another.",
    }),
  },
  { additionalProperties: false },
);

const Stop = Type.Object(
  {
    failures: Type.Optional(
      Type.Integer({ minimum: 1, description: "Stops where so many are `faulted` or `unknown`." }),
    ),
    share: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        description: "Stops where so large a share of those that answered are; looked at from the tenth on.",
      }),
    ),
  },
  { additionalProperties: false },
);

const Hours = Type.Object(
  { from: Type.Integer({ minimum: 0, maximum: 23 }), to: Type.Integer({ minimum: 0, maximum: 24 }) },
  {
    additionalProperties: false,
    description:
      "Hours of the day, UTC, in which devices are begun with; `from` may be after `to`: over midnight. What was begun and " +
      "has not reached its device when they end is given up.",
    examples: [{ from: 1, to: 4 }],
  },
);

/** Which devices, and what of them. */
const wish = {
  query: Type.Optional(
    Type.String({
      maxLength: 4096,
      description: "An expression, as `docs/expressions.md` describes it; this or `group`.",
      examples: ['productClass = "IGD" and softwareVersion < 2.1'],
    }),
  ),
  group: Type.Optional(Type.String({ maxLength: 64, description: "A group; this or `query`." })),
  method: Type.Optional(Call.properties.method),
  params: Call.properties.params,
  rpcs: Type.Optional(
    Type.Array(Call, {
      minItems: 1,
      maxItems: 64,
      description: "Several RPCs in order, instead of `method`.",
    }),
  ),
};

export type CampaignWish = Shape<typeof CampaignWish>;
export const CampaignWish = Type.Object(wish, { title: "CampaignWish", additionalProperties: false });

export type CampaignRequest = Shape<typeof CampaignRequest>;
export const CampaignRequest = Type.Object(
  {
    ...wish,
    description: Type.Optional(Type.String({ maxLength: 1024 })),
    at: Type.Optional({ ...Time, description: "When it starts; left out, now. Devices are noted then." }),
    hours: Type.Optional(Hours),
    pace: Type.Optional({ ...Type.Partial(Pace), description: "Left out: 10 a second, 100 at once." }),
    stop: Type.Optional({
      ...Stop,
      description: "Left out: where a tenth of those that answered failed. Empty: never.",
    }),
    expires: Type.Optional(
      Type.Union([Time, Type.Integer({ minimum: 60, maximum: 31_536_000 })], {
        description:
          "When devices that were not reached are given up: a time, or seconds from its start. Left out: a day from its start.",
      }),
    ),
  },
  {
    title: "CampaignRequest",
    description: "One RPC, or several in order, once on each of many devices.",
    additionalProperties: false,
  },
);

const counts = {
  ...{ waiting: devices, begun: devices, asleep: devices, done: devices, faulted: devices, unknown: devices },
  ...{ "not-reached": devices, withdrawn: devices, skipped: devices },
};

export type Campaign = Shape<typeof Campaign>;
export const Campaign = Type.Object(
  {
    id: CampaignId,
    description: Type.String(),
    query: Type.Optional(Type.String()),
    group: Type.Optional(Type.String()),
    rpcs: Type.Array(Call),
    state: CampaignState,
    since: { ...Time, description: "Since when it is in this state." },
    reason: Type.Optional(Type.String({ description: "Why it was stopped." })),
    pace: Pace,
    stop: Stop,
    hours: Type.Optional(Hours),
    manager: Type.String({ description: "Who made it, or last went on with it." }),
    created: Time,
    starts: Time,
    expires: Time,
    devices: Type.Integer({ minimum: 0, description: "All that belong to it." }),
    counts: Type.Object(counts, { title: "CampaignCounts", description: "How many devices stand where." }),
    faults: Type.Array(Type.Object({ code: Type.Integer(), devices }), {
      description: "Devices by the code of their fault.",
    }),
  },
  { title: "Campaign", description: "The same RPCs on many devices, once on each." },
);

export type CampaignPage = Shape<typeof CampaignPage>;
export const CampaignPage = page("CampaignPage", Campaign);

export type CampaignPreview = Shape<typeof CampaignPreview>;
export const CampaignPreview = Type.Object(
  {
    devices: { ...devices, description: "Those that are meant, and that you see." },
    allowed: { ...devices, description: "Of them, those that would be asked." },
    refused: Type.Object(
      { notAllowed: devices, heldByPolicy: devices, notApproved: devices, leftAlone: devices },
      { description: "Of them, those that would be skipped, and why." },
    ),
    held: Type.Optional(
      Type.String({ description: "What a policy holds, and which policy; of the first device that has it." }),
    ),
    sample: Type.Array(DeviceKey, { description: "The first of those that would be asked." }),
    unfinished: Type.Optional(
      Type.Literal(true, { description: "Time was over: there are at least so many." }),
    ),
  },
  { title: "CampaignPreview" },
);

export const CampaignPath = Type.Object({ id: Type.String({ maxLength: 64 }) });

export type CampaignPaging = Shape<typeof CampaignPaging>;
export const CampaignPaging = Type.Object({ ...paging }, { additionalProperties: false });

export type CampaignMember = Shape<typeof CampaignMember>;
export const CampaignMember = Type.Object(
  {
    device: DeviceKey,
    state: CampaignMemberState,
    at: { ...Time, description: "Since when it is so." },
    operation: Type.Optional({ ...OperationId, description: "Its operation, once it is begun with." }),
    fault: Type.Optional(Type.Integer({ description: "The CWMP fault code." })),
    reason: Type.Optional(Type.String()),
  },
  { title: "CampaignMember", description: "Where one device stands." },
);

export type CampaignMemberPage = Shape<typeof CampaignMemberPage>;
export const CampaignMemberPage = page("CampaignMemberPage", CampaignMember);

export type CampaignMemberQuery = Shape<typeof CampaignMemberQuery>;
export const CampaignMemberQuery = Type.Object(
  { state: Type.Optional(CampaignMemberState), ...paging },
  { additionalProperties: false },
);
