import { Type } from "typebox";
import { DeviceKey, JsonObject, OperationId, paging, Time, type Shape } from "./schema.ts";

const EventId = Type.Integer({ minimum: 0, description: "Only rises; the position a reader resumes from." });

const EventName = Type.String({
  pattern: "^[0-9a-z][0-9a-z-]{0,63}$",
  description: "What happened: `boot`, `value-change`, `enrolled` …",
});

export type DeviceEvent = Shape<typeof DeviceEvent>;
export const DeviceEvent = Type.Object(
  {
    id: EventId,
    at: Time,
    device: DeviceKey,
    name: EventName,
    operation: Type.Optional(OperationId),
    data: JsonObject,
  },
  { title: "DeviceEvent", description: "Something that happened to a device or to an operation on it." },
);

export type EventPage = Shape<typeof EventPage>;
export const EventPage = Type.Object(
  {
    items: Type.Array(DeviceEvent),
    next: Type.Optional(
      Type.Integer({ description: "Hand it in as `after` for the next page; left out on the last one." }),
    ),
  },
  { title: "EventPage", additionalProperties: false },
);

const after = Type.Optional(
  Type.Integer({ minimum: 0, description: "Only events after this id; 0 is the oldest kept." }),
);

export type DeviceEventQuery = Shape<typeof DeviceEventQuery>;
export const DeviceEventQuery = Type.Object({ after, limit: paging.limit }, { additionalProperties: false });

export type EventStreamQuery = Shape<typeof EventStreamQuery>;
export const EventStreamQuery = Type.Object(
  {
    after,
    device: Type.Optional(DeviceKey),
    name: Type.Optional(
      Type.Array(EventName, {
        maxItems: 32,
        description: "Only events of these names; may stand repeatedly.",
      }),
    ),
  },
  { additionalProperties: false },
);

export const EventStreamHeaders = Type.Object({
  "last-event-id": Type.Optional(
    Type.String({
      pattern: "^[0-9]{1,15}$",
      description:
        "The last id seen; stands above `after`. Without either the stream begins with what comes next.",
    }),
  ),
});
