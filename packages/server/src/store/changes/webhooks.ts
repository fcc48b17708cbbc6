import {
  MAX_WEBHOOKS,
  type BuryLetter,
  type ChangeOf,
  type FailWebhook,
  type Held,
  type MoveWebhook,
  type ResendLetters,
  type SettleLetter,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { writeDocument } from "../document.ts";
import { findWebhook, findWebhooks } from "../webhook-rows.ts";
import { hasAudit, newestEventId, storeAudit } from "./journal.ts";

export function addWebhook(db: Database, { webhook, audit }: ChangeOf<"add-webhook">): Held {
  if (findWebhook(db, webhook.id) !== undefined) return { held: true };
  if (findWebhooks(db).length >= MAX_WEBHOOKS) return { held: false };
  db.write(
    "INSERT INTO webhooks (id, created_at, position, document) VALUES (:id, :createdAt, :position, :document)",
    {
      ...{ id: webhook.id, createdAt: webhook.createdAt, position: newestEventId(db) },
      document: writeDocument(webhook),
    },
  );
  storeAudit(db, audit);
  return { held: true };
}

export function removeWebhook(db: Database, { webhook, audit }: ChangeOf<"remove-webhook">): Held {
  if (db.run("DELETE FROM webhooks WHERE id = :webhook", { webhook }) === 0) {
    return { held: hasAudit(db, audit) };
  }
  storeAudit(db, audit);
  return { held: true };
}

/** What was taken ends its failing; what was only passed by does not. */
export function moveWebhook(db: Database, { webhook, from, to, taken }: MoveWebhook): Held {
  const moved = db.run(
    `UPDATE webhooks SET position = :to ${taken ? ", failing = NULL" : ""}
     WHERE id = :webhook AND position IN (:from, :to)`,
    { webhook, from, to },
  );
  return { held: moved > 0 };
}

export function failWebhook(db: Database, { webhook, position, failing }: FailWebhook): Held {
  const failed = db.run(
    "UPDATE webhooks SET failing = :failing WHERE id = :webhook AND position = :position",
    { webhook, position, failing: writeDocument(failing) },
  );
  return { held: failed > 0 };
}

export function buryLetter(db: Database, { webhook, from, letter }: BuryLetter): Held {
  const { first, last, at, reason } = letter;
  const moved = db.run(
    "UPDATE webhooks SET position = :last WHERE id = :webhook AND position IN (:from, :last)",
    { webhook, from, last },
  );
  if (moved === 0) return { held: false };
  db.write(
    `INSERT INTO dead_letters (webhook, first, last, at, reason)
     VALUES (:webhook, :first, :last, :at, :reason) ON CONFLICT DO NOTHING`,
    { webhook, first, last, at, reason },
  );
  return { held: true };
}

export function resendLetters(db: Database, { webhook, first, audit }: ResendLetters): Held {
  if (hasAudit(db, audit)) return { held: true };
  const found = db.run(
    `UPDATE dead_letters SET again = 1
     WHERE webhook = :webhook ${first === undefined ? "" : "AND first = :first"}`,
    { webhook, ...(first === undefined ? {} : { first }) },
  );
  if (found === 0) return { held: false };
  storeAudit(db, audit);
  return { held: true };
}

export function settleLetter(db: Database, { webhook, first, at, reason }: SettleLetter): Held {
  if (reason === undefined) {
    db.write("DELETE FROM dead_letters WHERE webhook = :webhook AND first = :first", { webhook, first });
    return { held: true };
  }
  db.write(
    `UPDATE dead_letters SET again = 0, at = :at, reason = :reason
     WHERE webhook = :webhook AND first = :first`,
    { webhook, first, at, reason },
  );
  return { held: true };
}
