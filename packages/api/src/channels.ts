import { Type } from "typebox";
import { DeviceKey, JsonObject, page, paging, Time, type Shape } from "./schema.ts";

const Name = Type.String({
  maxLength: 640,
  description:
    "`public/<group>`, `private/<device>/config` or `private/<device>/monitor`; `/` is escaped in a path.",
  examples: ["public/fleet"],
});

const Epoch = Type.String({
  maxLength: 64,
  description:
    "Offsets of different epochs cannot be compared: a channel gets another where what was published is not all there.",
});
const Offset = Type.Integer({ minimum: 0, description: "The first publication has 1, each next one more." });

const Party = Type.Enum(["managers", "members"], {
  description: "`members`: devices of the group, or the one device whose channel it is.",
});
const Parties = Type.Array(Party, { maxItems: 2, uniqueItems: true });

export type ChannelHistory = Shape<typeof ChannelHistory>;
export const ChannelHistory = Type.Object(
  {
    count: Type.Integer({ minimum: 1, maximum: 10_000, description: "Publications." }),
    bytes: Type.Integer({ minimum: 1, maximum: 64 * 1024 * 1024 }),
    seconds: Type.Optional(Type.Integer({ minimum: 1, description: "Left out: however old." })),
  },
  {
    title: "ChannelHistory",
    description: "What is kept for members that were away; the newest publication is, in any case.",
    additionalProperties: false,
  },
);

const rules = {
  publishers: Parties,
  subscribers: Parties,
  history: ChannelHistory,
  answers: Type.Boolean({ description: "Members say what became of each publication." }),
};

export type Channel = Shape<typeof Channel>;
export const Channel = Type.Object(
  {
    name: Name,
    ...rules,
    epoch: Epoch,
    head: Type.Integer({ minimum: 0, description: "The newest publication's offset; 0 before the first." }),
    first: Type.Integer({ minimum: 1, description: "The oldest one's that is kept." }),
    created: Time,
  },
  { title: "Channel", description: "Where things are published for many devices, or for one." },
);

export type ChannelPage = Shape<typeof ChannelPage>;
export const ChannelPage = page("ChannelPage", Channel);

export type ChannelRequest = Shape<typeof ChannelRequest>;
export const ChannelRequest = Type.Partial(Type.Object(rules), {
  title: "ChannelRequest",
  description: "What holds for the channel; what is left out is as usual.",
  additionalProperties: false,
});

export type Publication = Shape<typeof Publication>;
export const Publication = Type.Object(
  {
    channel: Name,
    epoch: Epoch,
    offset: Offset,
    at: Time,
    by: Type.String({ description: "Who published it." }),
    data: JsonObject,
  },
  { title: "Publication", description: "Something that was published on a channel." },
);

export type PublicationPage = Shape<typeof PublicationPage>;
export const PublicationPage = Type.Object(
  {
    items: Type.Array(Publication),
    next: Type.Optional(
      Type.Integer({ description: "Hand it in as `after` for the next page; left out on the last one." }),
    ),
  },
  { title: "PublicationPage", additionalProperties: false },
);

export type PublicationRequest = Shape<typeof PublicationRequest>;
export const PublicationRequest = Type.Object(
  { data: JsonObject },
  { title: "PublicationRequest", description: "What every member is told.", additionalProperties: false },
);

export type ChannelMembers = Shape<typeof ChannelMembers>;
export const ChannelMembers = Type.Object(
  {
    join: Type.Optional(Type.Array(DeviceKey, { maxItems: 1000 })),
    leave: Type.Optional(Type.Array(DeviceKey, { maxItems: 1000 })),
  },
  {
    title: "ChannelMembers",
    description:
      "Devices that are to be members besides those of the group of the channel's name, or are not any more.",
    additionalProperties: false,
  },
);

const PublicationResult = Type.Object(
  {
    epoch: Epoch,
    offset: Offset,
    status: Type.Enum(["applied", "faulted"]),
    data: Type.Optional(JsonObject),
    at: Time,
  },
  { title: "PublicationResult", description: "What a member said became of a publication." },
);

export type MemberPresence = Shape<typeof MemberPresence>;
export const MemberPresence = Type.Object(
  {
    device: DeviceKey,
    attached: Type.Boolean({ description: "It is connected in a way in which it can be told." }),
    position: Type.Optional(
      Type.Object({ epoch: Epoch, offset: Offset, at: Time }, { description: "As it said last." }),
    ),
    result: Type.Optional(PublicationResult),
  },
  { title: "MemberPresence", description: "A member of a channel, and how far it is." },
);

export type ChannelPresence = Shape<typeof ChannelPresence>;
export const ChannelPresence = Type.Object(
  {
    members: page("MemberPresencePage", MemberPresence),
    watchers: Type.Integer({ minimum: 0, description: "Managers' streams that are open." }),
  },
  { title: "ChannelPresence", additionalProperties: false },
);

export const ChannelPath = Type.Object({ name: Name });
export type ChannelQuery = Shape<typeof ChannelQuery>;
export const ChannelQuery = Type.Object(paging, { additionalProperties: false });

export type PublicationQuery = Shape<typeof PublicationQuery>;
export const PublicationQuery = Type.Object(
  {
    after: Type.Optional(Type.Integer({ minimum: 0, description: "Only those of later offsets." })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  },
  { additionalProperties: false },
);

export type PublicationStreamQuery = Shape<typeof PublicationStreamQuery>;
export const PublicationStreamQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({ minimum: 0, description: "Begins after this offset; left out: with what comes next." }),
    ),
  },
  { additionalProperties: false },
);

export const PublicationStreamHeaders = Type.Object({
  "last-event-id": Type.Optional(
    Type.String({
      pattern: "^[0-9A-Za-z_-]{1,64}[.][0-9]{1,15}$",
      description:
        "The last id seen; stands above `after`. What is missing since then is told by an event `state`.",
    }),
  ),
});

export const PublishHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: "Published again with the same key, it is the same publication.",
    }),
  ),
});
