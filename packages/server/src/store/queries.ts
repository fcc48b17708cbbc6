import type { DeviceKey } from "@heliograph/protocol";
import type {
  ApiToken,
  AuditRecord,
  DeviceQuery,
  DeviceRecord,
  EventQuery,
  EventRecord,
  OperationQuery,
  OperationRecord,
  Page,
} from "../ports/index.ts";
import { apiTokenOf } from "./changes/access.ts";
import { deviceOf } from "./device-rows.ts";
import { auditOf, eventOf } from "./journal-rows.ts";
import { findOpenOperations, operationOf } from "./operation-rows.ts";
import { text } from "./row.ts";
import type { SqliteDatabase, Values } from "./sqlite-database.ts";
import { findOverdueTransfers, findTransfers } from "./transfer-queries.ts";

/** Every question that the worker answers: those that look through rows, however many. */
export interface Queries {
  readonly devices: { readonly ask: DeviceQuery; readonly answer: Page<DeviceRecord> };
  readonly operations: { readonly ask: OperationQuery; readonly answer: Page<OperationRecord> };
  readonly "open-operations": { readonly ask: DeviceKey; readonly answer: readonly OperationRecord[] };
  readonly "devices-with-work": {
    readonly ask: { readonly after?: DeviceKey; readonly limit: number };
    readonly answer: readonly DeviceKey[];
  };
  readonly transfers: { readonly ask: DeviceKey; readonly answer: readonly OperationRecord[] };
  readonly "overdue-transfers": {
    readonly ask: { readonly now: number; readonly limit: number };
    readonly answer: readonly OperationRecord[];
  };
  readonly events: { readonly ask: EventQuery; readonly answer: readonly EventRecord[] };
  readonly audit: {
    readonly ask: { readonly before?: number; readonly limit: number };
    readonly answer: readonly AuditRecord[];
  };
  readonly "api-tokens": { readonly ask: null; readonly answer: readonly ApiToken[] };
}

export type QueryType = keyof Queries;
export type AskOf<T extends QueryType> = Queries[T]["ask"];
export type AnswerOf<T extends QueryType> = Queries[T]["answer"];

type QueryTable = {
  readonly [T in QueryType]: (db: SqliteDatabase, ask: Queries[T]["ask"]) => Queries[T]["answer"];
};

const queries: QueryTable = {
  devices,
  operations,
  "open-operations": findOpenOperations,
  "devices-with-work": devicesWithWork,
  transfers: findTransfers,
  "overdue-transfers": findOverdueTransfers,
  events,
  audit,
  "api-tokens": (db) => db.all("SELECT * FROM api_tokens ORDER BY created_at, id").map(apiTokenOf),
};

export function answerQuery<T extends QueryType>(db: SqliteDatabase, type: T, ask: AskOf<T>): AnswerOf<T> {
  return queries[type](db, ask);
}

function devices(db: SqliteDatabase, query: DeviceQuery): Page<DeviceRecord> {
  const words = query.words ?? [];
  const rows = select(db, {
    from: "devices",
    where: [
      query.after === undefined ? undefined : ["key > :after", { after: query.after }],
      query.approval === undefined ? undefined : ["approval = :approval", { approval: query.approval }],
      query.claimed === undefined ? undefined : [CLAIMED[query.claimed ? "yes" : "no"], {}],
      ...words.map((word, index): Condition => [
        `search LIKE :word${index} ESCAPE '\\'`,
        { [`word${index}`]: `%${word.toLowerCase().replace(/[\\%_]/g, "\\$&")}%` },
      ]),
    ],
    orderBy: "key",
    limit: query.limit + 1,
  });
  return page(rows.map(deviceOf), query.limit, (device) => device.key);
}

const CLAIMED = {
  yes: "claim_at IS NOT NULL AND claim_approved_at IS NULL",
  no: "(claim_at IS NULL OR claim_approved_at IS NOT NULL)",
} as const;

function operations(db: SqliteDatabase, query: OperationQuery): Page<OperationRecord> {
  const rows = select(db, {
    from: "operations",
    where: [
      query.after === undefined ? undefined : ["sequence < :after", { after: Number(query.after) }],
      query.device === undefined ? undefined : ["device = :device", { device: query.device }],
      query.state === undefined ? undefined : ["state = :state", { state: query.state }],
    ],
    orderBy: "sequence DESC",
    limit: query.limit + 1,
  });
  const found = rows.map((row) => operationOf(db, row));
  return page(found, query.limit, (operation) => String(operation.sequence));
}

function devicesWithWork(
  db: SqliteDatabase,
  query: { after?: DeviceKey; limit: number },
): readonly DeviceKey[] {
  const rows = db.all(
    `SELECT DISTINCT device FROM operations
     WHERE ended_at IS NULL AND state <> 'transferring' AND device > :after
     ORDER BY device LIMIT :limit`,
    { after: query.after ?? "", limit: query.limit },
  );
  return rows.map((row) => text(row, "device") as DeviceKey);
}

function events(db: SqliteDatabase, query: EventQuery): readonly EventRecord[] {
  const rows = select(db, {
    from: "events",
    where: [
      ["id > :after", { after: query.after }],
      query.device === undefined ? undefined : ["device = :device", { device: query.device }],
    ],
    orderBy: "id",
    limit: query.limit,
  });
  return rows.map(eventOf);
}

function audit(db: SqliteDatabase, query: { before?: number; limit: number }): readonly AuditRecord[] {
  const rows = select(db, {
    from: "audit",
    where: [query.before === undefined ? undefined : ["id < :before", { before: query.before }]],
    orderBy: "id DESC",
    limit: query.limit,
  });
  return rows.map(auditOf);
}

type Condition = readonly [sql: string, values: Values];

interface Selection {
  readonly from: "devices" | "operations" | "events" | "audit";
  readonly where: readonly (Condition | undefined)[];
  readonly orderBy: string;
  readonly limit: number;
}

/** Rows that meet every condition given. */
function select(db: SqliteDatabase, { from, where, orderBy, limit }: Selection) {
  const conditions = where.filter((condition) => condition !== undefined);
  const clause = conditions.length === 0 ? "" : `WHERE ${conditions.map(([sql]) => sql).join(" AND ")}`;
  const values = conditions.reduce<Values>((all, [, each]) => ({ ...all, ...each }), { limit });
  return db.all(`SELECT * FROM ${from} ${clause} ORDER BY ${orderBy} LIMIT :limit`, values);
}

/** The first `limit` of items that were read one further, to see whether more follow. */
function page<T>(items: readonly T[], limit: number, keyOf: (item: T) => string): Page<T> {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return items.length > limit && last !== undefined ? { items: shown, next: keyOf(last) } : { items: shown };
}
