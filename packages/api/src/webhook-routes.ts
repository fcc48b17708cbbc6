import { json, nothing, route } from "./route.ts";
import {
  DeadLetterList,
  NewWebhook,
  ResendRequest,
  Webhook,
  WebhookList,
  WebhookPath,
  WebhookRequest,
} from "./webhooks.ts";

const WEBHOOKS = "/api/v1/webhooks";
const WEBHOOK = `${WEBHOOKS}/{id}` as const;

/** Events that are sent to whoever asked for them. */
export const webhookRoutes = {
  listWebhooks: route({
    method: "GET",
    path: WEBHOOKS,
    tag: "webhooks",
    summary: "List webhooks, in the order in which they were made",
    answers: { 200: json("Webhooks", WebhookList) },
    problems: [],
  }),
  addWebhook: route({
    method: "POST",
    path: WEBHOOKS,
    tag: "webhooks",
    summary: "Have events sent to a URL as they happen",
    description:
      "From the next event on, at least once and in order, up to a hundred in a letter. A letter that is not answered with " +
      "2xx is sent again, for a day; then it is dead, and those behind it follow.",
    body: WebhookRequest,
    answers: { 201: json("The webhook, and what it signs with", NewWebhook) },
    problems: [
      ...(["not-json", "too-large", "unsupported-media-type"] as const),
      ...(["too-many-webhooks", "store-full"] as const),
    ],
  }),
  getWebhook: route({
    method: "GET",
    path: WEBHOOK,
    tag: "webhooks",
    summary: "Get a webhook, and how far it has come",
    params: WebhookPath,
    answers: { 200: json("The webhook", Webhook) },
    problems: ["unknown-webhook"],
  }),
  removeWebhook: route({
    method: "DELETE",
    path: WEBHOOK,
    tag: "webhooks",
    summary: "Remove a webhook, with its dead letters",
    params: WebhookPath,
    answers: { 204: nothing("Removed") },
    problems: ["unknown-webhook", "store-full"],
  }),
  listDeadLetters: route({
    method: "GET",
    path: `${WEBHOOK}/dead-letters`,
    tag: "webhooks",
    summary: "List what could not be sent, the oldest first, at most a thousand",
    params: WebhookPath,
    answers: { 200: json("Dead letters", DeadLetterList) },
    problems: ["unknown-webhook"],
  }),
  resendLetters: route({
    method: "POST",
    path: `${WEBHOOK}/dead-letters/resend`,
    tag: "webhooks",
    summary: "Send dead letters again: one, or all",
    description:
      "Once, soon; what is not taken then is dead as before. Events that aged out meanwhile are left out.",
    params: WebhookPath,
    body: ResendRequest,
    answers: { 202: json("The webhook", Webhook) },
    problems: [
      ...(["not-json", "too-large", "unsupported-media-type"] as const),
      ...(["unknown-webhook", "no-dead-letter", "store-full"] as const),
    ],
  }),
};
