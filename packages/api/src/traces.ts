import { Type } from "typebox";
import { DeviceKey, paging, Time, type Shape } from "./schema.ts";

const MessageId = Type.Integer({
  minimum: 0,
  description: "Rises by one from message to message of a device.",
});

export type Trace = Shape<typeof Trace>;
export const Trace = Type.Object(
  {
    device: DeviceKey,
    on: Type.Boolean({ description: "Whether what the device and the ACS say to each other is being kept." }),
    since: Time,
    until: Type.Unsafe<string>({ ...Time, description: "When it switches itself off, or was switched off." }),
    by: Type.String({ description: "Who switched it on last." }),
    messages: Type.Integer({ minimum: 0, description: "How many are kept." }),
    bytes: Type.Integer({ minimum: 0, description: "What is kept, in bytes." }),
    first: Type.Optional(MessageId),
    last: Type.Optional(MessageId),
  },
  { title: "Trace", description: "What a device and the ACS say to each other, without secrets." },
);

export type TraceRequest = Shape<typeof TraceRequest>;
export const TraceRequest = Type.Object(
  {
    for: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 86_400,
        default: 1_800,
        description: "Seconds after which it switches itself off, counted from now.",
      }),
    ),
  },
  { title: "TraceRequest", additionalProperties: false },
);

export type TracedMessage = Shape<typeof TracedMessage>;
export const TracedMessage = Type.Object(
  {
    id: MessageId,
    at: Time,
    direction: Type.Enum(["received", "sent", "noted"], {
      description: "As the ACS sees it; `noted`: what it says of itself, such as why a connection ended.",
    }),
    binding: Type.Optional(
      Type.String({
        description:
          "`http`, a subprotocol of the light transport, `connection-request` or `udp-connection-request`.",
      }),
    ),
    connection: Type.Optional(Type.String({ description: "Messages of one connection have the same." })),
    session: Type.Optional(Type.String({ description: "Messages of one session over HTTP have the same." })),
    note: Type.Optional(Type.String()),
    head: Type.Optional(
      Type.String({ description: "The request line, status line or command, and headers, a line each." }),
    ),
    text: Type.Optional(Type.String({ description: "The body, without secrets." })),
    bytes: Type.Integer({
      minimum: 0,
      description: "How long the body was before anything was taken out of it.",
    }),
    cut: Type.Optional(Type.Boolean({ description: "Whether its end is missing, since it was too long." })),
  },
  { title: "TracedMessage", description: "One message between a device and the ACS." },
);

export type TracePage = Shape<typeof TracePage>;
export const TracePage = Type.Object(
  {
    trace: Trace,
    items: Type.Array(TracedMessage),
    next: Type.Optional(
      Type.Integer({ description: "Hand it in as `after` for the next page; left out on the last one." }),
    ),
  },
  { title: "TracePage", additionalProperties: false },
);

const span = {
  from: Type.Optional(Type.Unsafe<string>({ ...Time, description: "Only messages from this time on." })),
  to: Type.Optional(Type.Unsafe<string>({ ...Time, description: "Only messages before this time." })),
};
const after = Type.Optional(Type.Integer({ minimum: 0, description: "Only messages after this id." }));

export type TraceQuery = Shape<typeof TraceQuery>;
export const TraceQuery = Type.Object(
  { after, limit: paging.limit, ...span },
  { additionalProperties: false },
);

export type TraceStreamQuery = Shape<typeof TraceStreamQuery>;
export const TraceStreamQuery = Type.Object({ after }, { additionalProperties: false });

export type TraceDownloadQuery = Shape<typeof TraceDownloadQuery>;
export const TraceDownloadQuery = Type.Object(
  {
    format: Type.Optional(
      Type.Enum(["text", "json"], {
        default: "text",
        description: "Text for people, or a TracedMessage to a line for programs.",
      }),
    ),
    ...span,
  },
  { additionalProperties: false },
);
