import { Type } from "typebox";
import { OperationState } from "./operations.ts";
import { Time, type Shape } from "./schema.ts";

const WebhookId = Type.String({ pattern: "^[0-9a-f]{16}$", description: "16 hexadecimal digits." });
const EventId = Type.Integer({ minimum: 0 });

const described = {
  url: Type.String({
    maxLength: 2048,
    description: "`https`; `http` on loopback alone. Where it may lead is what `webhook-networks` says.",
    examples: ["https://hooks.example/heliograph"],
  }),
  events: Type.Array(Type.String({ pattern: "^[0-9a-z*-]{1,64}$" }), {
    maxItems: 100,
    description:
      "Names of the events that are sent, as `GET /api/v1/events` has them, in which `*` stands for any characters; none: all.",
    examples: [["boot", "policy-*", "operation"]],
  }),
};

const narrowed = {
  where: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 4096,
      description: "Only those of devices of which this expression is true when they are sent.",
      examples: ['tag = "gold"'],
    }),
  ),
  states: Type.Optional(
    Type.Array(OperationState, {
      maxItems: 10,
      description: "Of the events `operation`, only those that say that one has come to these states.",
      examples: [["faulted", "expired"]],
    }),
  ),
};

export type WebhookRequest = Shape<typeof WebhookRequest>;
export const WebhookRequest = Type.Object(
  {
    url: described.url,
    events: Type.Optional(described.events),
    ...narrowed,
    secret: Type.Optional(
      Type.String({
        minLength: 16,
        maxLength: 256,
        description: "What letters are signed with; left out, one is made, and told once.",
      }),
    ),
  },
  { title: "WebhookRequest", additionalProperties: false },
);

const standing = {
  id: WebhookId,
  ...described,
  ...narrowed,
  manager: Type.String({ description: "Who made it." }),
  created: Time,
  position: { ...EventId, description: "The last event that is settled: sent, not meant, or a dead letter." },
  failing: Type.Optional(
    Type.Object(
      { since: Time, attempts: Type.Integer({ minimum: 1 }), next: Time, reason: Type.String() },
      { description: "Its last letter was not taken." },
    ),
  ),
  deadLetters: Type.Integer({ minimum: 0 }),
};

export type Webhook = Shape<typeof Webhook>;
export const Webhook = Type.Object(standing, {
  title: "Webhook",
  description: "Where events are sent as they happen.",
});

export type NewWebhook = Shape<typeof NewWebhook>;
export const NewWebhook = Type.Object(
  { ...standing, secret: Type.String({ description: "Told only now." }) },
  { title: "NewWebhook" },
);

export type WebhookList = Shape<typeof WebhookList>;
export const WebhookList = Type.Object({ items: Type.Array(Webhook) }, { title: "WebhookList" });

export const WebhookPath = Type.Object({ id: Type.String({ maxLength: 64 }) });

export type DeadLetter = Shape<typeof DeadLetter>;
export const DeadLetter = Type.Object(
  {
    first: { ...EventId, description: "Id of the first event." },
    last: EventId,
    at: { ...Time, description: "When it was given up, or last sent again in vain." },
    reason: Type.String(),
    again: Type.Boolean({ description: "It is being sent again." }),
  },
  { title: "DeadLetter", description: "Events that could not be sent for a day." },
);

export type DeadLetterList = Shape<typeof DeadLetterList>;
export const DeadLetterList = Type.Object({ items: Type.Array(DeadLetter) }, { title: "DeadLetterList" });

export type ResendRequest = Shape<typeof ResendRequest>;
export const ResendRequest = Type.Object(
  {
    first: Type.Optional({
      ...EventId,
      description: "The letter that begins with this event; left out, all.",
    }),
  },
  { title: "ResendRequest", additionalProperties: false },
);
