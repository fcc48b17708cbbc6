import type { DeadLetter, Webhook, WebhookFailing, WebhookId, WebhookStanding } from "../ports/index.ts";
import type { Database } from "./database.ts";
import { readDocument, type Document } from "./document.ts";
import { flag, integer, optionalText, present, text, type Row } from "./row.ts";

const STANDING = `SELECT webhooks.*,
  (SELECT count(*) FROM dead_letters d WHERE d.webhook = webhooks.id) AS letters FROM webhooks`;

export function findWebhooks(db: Database): readonly WebhookStanding[] {
  return db.all(`${STANDING} ORDER BY created_at, id`).map(standingOf);
}

export function findWebhook(db: Database, id: WebhookId): WebhookStanding | undefined {
  const row = db.get(`${STANDING} WHERE id = :id`, { id });
  return row === undefined ? undefined : standingOf(row);
}

export interface DeadLetterQuery {
  readonly webhook: WebhookId;
  readonly again?: true;
  readonly limit: number;
}

export function findDeadLetters(
  db: Database,
  { webhook, again, limit }: DeadLetterQuery,
): readonly DeadLetter[] {
  const rows = db.all(
    `SELECT * FROM dead_letters WHERE webhook = :webhook ${again === true ? "AND again = 1" : ""}
     ORDER BY first LIMIT :limit`,
    { webhook, limit },
  );
  return rows.map(letterOf);
}

function standingOf(row: Row): WebhookStanding {
  const failing = optionalText(row, "failing");
  return present({
    webhook: readDocument(text(row, "document") as Document<Webhook>),
    position: integer(row, "position"),
    failing: failing === undefined ? undefined : readDocument(failing as Document<WebhookFailing>),
    deadLetters: integer(row, "letters"),
  });
}

function letterOf(row: Row): DeadLetter {
  return {
    webhook: text(row, "webhook") as WebhookId,
    first: integer(row, "first"),
    last: integer(row, "last"),
    at: integer(row, "at"),
    reason: text(row, "reason"),
    again: flag(row, "again"),
  };
}
