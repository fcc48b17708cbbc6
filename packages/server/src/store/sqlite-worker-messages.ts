import type { Settled } from "./batch.ts";
import type { Document } from "./document.ts";
import type { Failure } from "./failure.ts";
import type { AnswerOf, AskOf, QueryType } from "./queries.ts";
import type { AskedChange } from "./written-change.ts";

/** The first message to the worker: what it opens. */
export interface WorkerSettings {
  readonly path: string;
  readonly busyTimeoutMs: number;
  /** The most the database file may hold; left out: what the disk takes. */
  readonly maxBytes?: number;
}

/** What the store's thread asks of the worker, one at a time in the order it was asked. */
export type WorkerAsk =
  | { readonly id: number; readonly type: "commit"; readonly changes: readonly AskedChange[] }
  | { readonly id: number; readonly type: "query"; readonly query: AskedQuery }
  | { readonly id: number; readonly type: "settings" }
  | { readonly id: number; readonly type: "close" };

export interface AskedQuery<T extends QueryType = QueryType> {
  readonly type: T;
  readonly ask: Document<AskOf<T>>;
}

export type WorkerAnswer =
  | { readonly type: "committed"; readonly settled: readonly Settled[]; readonly storedEvents: boolean }
  | { readonly type: "answered"; readonly answer: Document<AnswerOf<QueryType>> }
  | { readonly type: "settings"; readonly settings: SqliteSettings }
  | { readonly type: "closed" };

export type WorkerReply =
  /** The schema is up to date and the writer's connection is open. */
  | { readonly type: "ready" }
  | { readonly type: "reply"; readonly id: number; readonly answer: WorkerAnswer }
  | { readonly type: "failure"; readonly id: number; readonly failure: Failure };

/** What the writer's connection runs with, read from SQLite itself. */
export interface SqliteSettings {
  readonly journalMode: string;
  /** 2 is FULL: each commit is synced before it is acknowledged. */
  readonly synchronous: number;
  readonly foreignKeys: boolean;
  readonly busyTimeoutMs: number;
  readonly version: string;
}
