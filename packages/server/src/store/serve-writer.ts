import type { MessagePort } from "node:worker_threads";
import { unreachable } from "../ports/index.ts";
import { commitBatch } from "./batch.ts";
import { newestEventId } from "./changes/journal.ts";
import { readDocument, writeDocument } from "./document.ts";
import { failureOf } from "./failure.ts";
import { openWriter, settingsOf } from "./open-writer.ts";
import { answerQuery } from "./queries.ts";
import type { SqliteConnection } from "./sqlite-database.ts";
import type { WorkerAnswer, WorkerAsk, WorkerReply, WorkerSettings } from "./sqlite-worker-messages.ts";

/** Commits, checkpoints and answers every question but point reads, for whoever holds the other end of the port. */
export function serveWriter(port: MessagePort, settings: WorkerSettings): void {
  const db = openWriter(settings);
  const journal = { newest: newestEventId(db) };
  const reply = (message: WorkerReply): void => {
    port.postMessage(message);
  };
  port.on("message", (ask: WorkerAsk) => {
    try {
      reply({ type: "reply", id: ask.id, answer: answer({ db, journal }, ask) });
    } catch (error) {
      reply({ type: "failure", id: ask.id, failure: failureOf(error) });
    }
    if (ask.type === "close") port.close();
  });
  reply({ type: "ready" });
}

interface Writing {
  readonly db: SqliteConnection;
  /** Which event was the newest after the last commit. */
  readonly journal: { newest: number };
}

function answer({ db, journal }: Writing, ask: WorkerAsk): WorkerAnswer {
  switch (ask.type) {
    case "commit": {
      const before = journal.newest;
      const settled = commitBatch(db, ask.changes);
      journal.newest = newestEventId(db);
      return { type: "committed", settled, storedEvents: journal.newest > before };
    }
    case "query": {
      const { type, ask: question } = ask.query;
      return { type: "answered", answer: writeDocument(answerQuery(db, type, readDocument(question))) };
    }
    case "settings":
      return { type: "settings", settings: settingsOf(db) };
    case "close":
      db.close();
      return { type: "closed" };
    default:
      return unreachable(ask);
  }
}
