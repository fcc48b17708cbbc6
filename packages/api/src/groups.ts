import { Type } from "typebox";
import { DeviceEvent } from "./events.ts";
import { DeviceKey, page, paging, Time, type Shape } from "./schema.ts";

const Name = Type.String({
  pattern: "^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$",
  examples: ["gold"],
});

const Expression = Type.String({
  maxLength: 4096,
  description: "A question about one device, as `docs/expressions.md` describes it.",
  examples: ['tag = "gold" and softwareVersion < 2.1'],
});

const TrustedFactsOnly = Type.Boolean({
  description:
    "The expression may ask only for what the ACS holds itself (tags, approval, credentials, how and when the device came " +
    "in), and for nothing that a device says of itself.",
});

export type GroupCounting = Shape<typeof GroupCounting>;
export const GroupCounting = Type.Object(
  {
    because: Type.Enum(["expression", "time", "restart"], {
      description:
        "`expression`: it is new. `time`: it asks for times, which go by. `restart`: connections were lost with the ACS.",
    }),
    counted: Type.Integer({ minimum: 0, description: "Devices that were looked at." }),
    of: Type.Integer({ minimum: 0, description: "Devices that there are." }),
  },
  {
    title: "GroupCounting",
    description: "All devices are being looked at; until then members are as they were.",
  },
);

export type Group = Shape<typeof Group>;
export const Group = Type.Object(
  {
    name: Name,
    description: Type.String(),
    expression: Expression,
    trustedFactsOnly: TrustedFactsOnly,
    created: Time,
    changed: Time,
    members: Type.Integer({ minimum: 0 }),
    counting: Type.Optional(GroupCounting),
  },
  { title: "Group", description: "The devices of which an expression is true." },
);

export type GroupList = Shape<typeof GroupList>;
export const GroupList = Type.Object(
  { items: Type.Array(Group) },
  { title: "GroupList", additionalProperties: false },
);

export type GroupRequest = Shape<typeof GroupRequest>;
export const GroupRequest = Type.Object(
  {
    expression: Expression,
    description: Type.Optional(Type.String({ maxLength: 1024 })),
    trustedFactsOnly: Type.Optional(TrustedFactsOnly),
  },
  { title: "GroupRequest", additionalProperties: false },
);

export const GroupPath = Type.Object({ name: Type.String({ maxLength: 64 }) });

export type GroupMember = Shape<typeof GroupMember>;
export const GroupMember = Type.Object({ device: DeviceKey, since: Time }, { title: "GroupMember" });

export type GroupMemberPage = Shape<typeof GroupMemberPage>;
export const GroupMemberPage = page("GroupMemberPage", GroupMember);

export type GroupChangePage = Shape<typeof GroupChangePage>;
export const GroupChangePage = page("GroupChangePage", DeviceEvent);

export type GroupPaging = Shape<typeof GroupPaging>;
export const GroupPaging = Type.Object({ ...paging }, { additionalProperties: false });

export type Membership = Shape<typeof Membership>;
export const Membership = Type.Object({ group: Name, since: Time }, { title: "Membership" });

export type MembershipList = Shape<typeof MembershipList>;
export const MembershipList = Type.Object(
  { items: Type.Array(Membership) },
  { title: "MembershipList", additionalProperties: false },
);

export const TagPath = Type.Object({
  key: DeviceKey,
  tag: Type.String({
    pattern: "^[0-9A-Za-z][0-9A-Za-z._:-]{0,63}$",
    description: "A letter or digit, then letters, digits, `.`, `_`, `:` and `-`.",
    examples: ["gold"],
  }),
});
