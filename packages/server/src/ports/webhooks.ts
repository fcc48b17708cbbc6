import type { Brand } from "@heliograph/protocol";
import type { Held } from "./held.ts";
import type { OperationState } from "./operation-state.ts";
import type { AuditEntry } from "./records.ts";

export type WebhookId = Brand<string, "WebhookId">;

const WEBHOOK_ID = /^[0-9a-f]{16}$/;

export function webhookId(hex: string): WebhookId | undefined {
  return WEBHOOK_ID.test(hex) ? (hex as WebhookId) : undefined;
}

/** Each of them reads every event. */
export const MAX_WEBHOOKS = 50;

/** Where events are sent as they happen. */
export interface Webhook {
  readonly id: WebhookId;
  readonly url: string;
  /** Names of the events that are sent, in which `*` stands for any characters; none: all. */
  readonly events: readonly string[];
  /** Only those of devices of which it is true when they are sent; as it is printed. */
  readonly where?: string;
  /** Of the events `operation`, only those that say that one has come to these. */
  readonly states?: readonly OperationState[];
  /** What they are signed with, sealed. */
  readonly secret: string;
  readonly manager: string;
  readonly createdAt: number;
}

/** A webhook, and how far it has come. */
export interface WebhookStanding {
  readonly webhook: Webhook;
  /** Of the last event that is settled: sent, not meant, or dead. */
  readonly position: number;
  /** Left out where its last letter was taken. */
  readonly failing?: WebhookFailing;
  readonly deadLetters: number;
}

export interface WebhookFailing {
  /** When the first of the letters that were not taken was sent. */
  readonly since: number;
  readonly attempts: number;
  readonly nextAt: number;
  readonly reason: string;
}

/** Events that were given up, until somebody has them sent again. */
export interface DeadLetter {
  readonly webhook: WebhookId;
  /** Ids of the first and the last event. */
  readonly first: number;
  readonly last: number;
  /** When they were given up, or last sent again in vain. */
  readonly at: number;
  readonly reason: string;
  /** It is to be sent again. */
  readonly again: boolean;
}

export interface WebhookReads {
  /** In the order in which they were made. */
  webhooks(): Promise<readonly WebhookStanding[]>;
  webhook(id: WebhookId): Promise<WebhookStanding | undefined>;
  /** The oldest first. */
  deadLetters(query: {
    readonly webhook: WebhookId;
    readonly again?: true;
    readonly limit: number;
  }): Promise<readonly DeadLetter[]>;
}

/** All of them conditional: on the webhook, and on where it stands. */
export type WebhookChanges = {
  readonly [T in keyof WebhookBodies]: { readonly change: WebhookBodies[T]; readonly result: Held };
};

interface WebhookBodies {
  /** It begins with the next event. Refused where there are {@link MAX_WEBHOOKS}. */
  readonly "add-webhook": { readonly webhook: Webhook; readonly audit: AuditEntry };
  readonly "remove-webhook": { readonly webhook: WebhookId; readonly audit: AuditEntry };
  /** Events up to `to` are settled; `taken`: a letter was, so that it fails no more. */
  readonly "move-webhook": MoveWebhook;
  /** Its letter was not taken. Refused where it stands elsewhere than at `position`. */
  readonly "fail-webhook": FailWebhook;
  /** Events are given up, and those behind them follow. */
  readonly "bury-letter": BuryLetter;
  /** Letters are to be sent again: one, or all. Refused where there is none. */
  readonly "resend-letters": ResendLetters;
  /** What came of a letter that was sent again: without a reason it was taken. */
  readonly "settle-letter": SettleLetter;
}

export interface MoveWebhook {
  readonly webhook: WebhookId;
  readonly from: number;
  readonly to: number;
  readonly taken: boolean;
}

export interface FailWebhook {
  readonly webhook: WebhookId;
  readonly position: number;
  readonly failing: WebhookFailing;
}

export interface BuryLetter {
  readonly webhook: WebhookId;
  readonly from: number;
  readonly letter: Pick<DeadLetter, "first" | "last" | "at" | "reason">;
}

export interface ResendLetters {
  readonly webhook: WebhookId;
  readonly first?: number;
  readonly audit: AuditEntry;
}

export interface SettleLetter {
  readonly webhook: WebhookId;
  readonly first: number;
  readonly at: number;
  readonly reason?: string;
}

/** Seals what letters are signed with. */
export interface WebhookSecrets {
  seal(secret: string): string;
}

/** What leaves for a webhook. */
export interface Letter extends Pick<Webhook, "id" | "url" | "secret"> {
  readonly body: string;
  /** When it is sent, which is signed as well. */
  readonly at: number;
  /** The span that it is part of, where spans are taken. */
  readonly traceparent?: string;
}

export type LetterOutcome = { readonly type: "taken" } | { readonly type: "failed"; readonly reason: string };

/** Sends letters. Never rejects, and has an end; the reason is one sentence, without a secret and without what was answered. */
export interface LetterSender {
  send(letter: Letter): Promise<LetterOutcome>;
}
