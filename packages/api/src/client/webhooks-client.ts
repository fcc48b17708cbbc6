import type {
  DeadLetterList,
  NewWebhook,
  ResendRequest,
  Webhook,
  WebhookList,
  WebhookRequest,
} from "../webhooks.ts";
import type { CallOptions } from "./call-options.ts";
import { askJson, segments, type Transport } from "./transport.ts";

/** Events that are sent to whoever asked for them. */
export interface WebhooksClient {
  list(options?: CallOptions): Promise<WebhookList>;
  add(request: WebhookRequest, options?: CallOptions): Promise<NewWebhook>;
  get(id: string, options?: CallOptions): Promise<Webhook>;
  remove(id: string, options?: CallOptions): Promise<void>;
  deadLetters(id: string, options?: CallOptions): Promise<DeadLetterList>;
  /** One dead letter, or all. */
  resend(id: string, request?: ResendRequest, options?: CallOptions): Promise<Webhook>;
}

export function webhooksClient(transport: Transport): WebhooksClient {
  const webhook = (...rest: readonly string[]): string => segments("webhooks", ...rest);
  return {
    list: ({ signal } = {}) => askJson(transport, { method: "GET", path: webhook(), signal }),
    add: (body, { signal } = {}) => askJson(transport, { method: "POST", path: webhook(), body, signal }),
    get: (id, { signal } = {}) => askJson(transport, { method: "GET", path: webhook(id), signal }),
    async remove(id, { signal } = {}) {
      await transport({ method: "DELETE", path: webhook(id), signal });
    },
    deadLetters: (id, { signal } = {}) =>
      askJson(transport, { method: "GET", path: webhook(id, "dead-letters"), signal }),
    resend: (id, body = {}, { signal } = {}) =>
      askJson(transport, { method: "POST", path: webhook(id, "dead-letters", "resend"), body, signal }),
  };
}
