import { integer, text, type Row } from "../row.ts";
import { Connections, type PostgresAddress } from "../postgres/connections.ts";
import type { Session } from "../postgres/session.ts";
import { openPostgresStore } from "../postgres.ts";
import { openWriter } from "../open-writer.ts";
import type { SqliteConnection } from "../sqlite-database.ts";
import { CopyError } from "./copy-error.ts";
import { examineStore } from "./examine-store.ts";
import { moveFiles, type FilesToMove } from "./move-files.ts";
import type { MovedTable, MoveProgress } from "./moved-table.ts";
import { RowSum } from "./row-sum.ts";
import { tableNames } from "./table-counts.ts";

export interface Moving {
  /** The store that is a file; nobody works on it. */
  readonly path: string;
  readonly files: FilesToMove;
  readonly address: PostgresAddress;
  /** Told of each table how far it has come. */
  readonly onProgress: (progress: MoveProgress) => void;
}

/** Rows that go in one statement. */
const BATCH = 500;
const BATCH_CHARS = 4 * 1024 * 1024;
/** A statement is short; the check of a large table's references at the end is not. */
const STATEMENT_MS = 3_600_000;
const BUSY_TIMEOUT_MS = 5_000;
/** Schema versions are the database's own, and files are moved by themselves. */
const OWN_TABLES: ReadonlySet<string> = new Set(["migrations", "files", "file_pieces"]);

/**
 * Moves what is in the store that is a file into an empty database, in one transaction: all of it is there, and was read again
 * and found the same, or nothing is; files come first, and those that came stay. The file's schema is brought up to date, and nothing else of it changes. Throws
 * {@link CopyError} where the file is damaged or the database is not empty.
 */
export async function moveStore({
  path,
  files,
  address,
  onProgress,
}: Moving): Promise<readonly MovedTable[]> {
  examineStore(path);
  const db = openWriter({ path, busyTimeoutMs: BUSY_TIMEOUT_MS });
  try {
    // Makes the schema, and keeps servers out while it is open.
    const store = await openPostgresStore({ address, isAlone: true });
    try {
      await inOneSession(address, (session) => refuseFull(session, tablesOf(db)));
      const moved = await moveFiles({ files, address, onProgress });
      const tables = await inOneSession(address, (session) => moveTables({ db, session, onProgress }));
      return [...tables, moved];
    } finally {
      await store.close();
    }
  } finally {
    db.close();
  }
}

async function inOneSession<T>(address: PostgresAddress, use: (session: Session) => Promise<T>): Promise<T> {
  const connections = new Connections(address, {
    max: 1,
    statementMs: STATEMENT_MS,
    lockMs: BUSY_TIMEOUT_MS,
  });
  try {
    return await connections.use(use, { prepared: false });
  } finally {
    await connections.close();
  }
}

interface Tables {
  readonly db: SqliteConnection;
  readonly session: Session;
  readonly onProgress: (progress: MoveProgress) => void;
}

async function moveTables({ db, session, onProgress }: Tables): Promise<readonly MovedTable[]> {
  const tables = tablesOf(db);
  await session.execute("BEGIN");
  try {
    await refuseFull(session, tables);
    for (const table of SEEDED.keys()) await session.execute(`DELETE FROM "${table}"`);
    const moved: MovedTable[] = [];
    for (const table of tables) moved.push(await moveTable(table, { db, session, onProgress }));
    await goOnCounting(db, session);
    await session.execute("COMMIT");
    return moved;
  } catch (error) {
    await session.execute("ROLLBACK");
    throw error;
  }
}

function tablesOf(db: SqliteConnection): readonly string[] {
  return inOrder(db).filter((table) => !OWN_TABLES.has(table));
}

/** What others refer to comes first. */
function inOrder(db: SqliteConnection): readonly string[] {
  const ordered = new Set<string>();
  const add = (table: string): void => {
    if (ordered.has(table)) return;
    for (const row of db.all(`PRAGMA foreign_key_list("${table}")`)) {
      const other = text(row, "table");
      if (other !== table) add(other);
    }
    ordered.add(table);
  };
  for (const table of tableNames(db)) add(table);
  return [...ordered];
}

/** What the schema itself puts into its tables, by which every store has it: it makes way for what moves. */
const SEEDED: ReadonlyMap<string, string> = new Map([
  ["relay", "TRUE"],
  ["policies", "name = 'private' AND removed = 1"],
]);

async function refuseFull(session: Session, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const sql = `SELECT 1 AS found FROM "${table}" WHERE NOT (${SEEDED.get(table) ?? "FALSE"}) LIMIT 1`;
    const [answer] = await session.send([{ sql, values: {} }]);
    if (answer?.rows.length === 0) continue;
    throw new CopyError(`the database has a store already, with rows in ${table}: name an empty one`);
  }
}

async function moveTable(table: string, { db, session, onProgress }: Tables): Promise<MovedTable> {
  const of = integer(db.get(`SELECT count(*) AS rows FROM "${table}"`) ?? {}, "rows");
  const sum = new RowSum();
  let batch: Row[] = [];
  let chars = 0;
  const send = async (): Promise<void> => {
    if (batch.length > 0) await insert(session, table, batch);
    batch = [];
    chars = 0;
    onProgress({ table, rows: sum.rows, of });
  };
  for (const row of db.each(`SELECT * FROM "${table}"`)) {
    const kept = storable(row);
    sum.add(kept);
    batch.push(kept);
    chars += Object.values(kept).reduce((all: number, value) => all + String(value).length, 0);
    if (batch.length >= BATCH || chars >= BATCH_CHARS) await send();
  }
  await send();
  const found = await sumUp(session, table);
  if (found.rows !== sum.rows || found.checksum !== sum.checksum) {
    throw new CopyError(`${table} is not the same in the database: nothing was moved`);
  }
  return { table, rows: sum.rows, checksum: sum.checksum };
}

/** As {@link Session} writes text: PostgreSQL's has no character 0. */
function storable(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === "string" ? value.replaceAll("\0", "\u{fffd}") : value,
    ]),
  );
}

async function insert(session: Session, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {})
    .map((column) => `"${column}"`)
    .join(", ");
  const sql = `INSERT INTO "${table}" (${columns})
     SELECT ${columns} FROM json_populate_recordset(CAST(NULL AS "${table}"), CAST(:rows AS json))`;
  await session.send([{ sql, values: { rows: JSON.stringify(rows) } }]);
}

/** Reads the table again, a part at a time. */
async function sumUp(session: Session, table: string): Promise<RowSum> {
  const sum = new RowSum();
  await session.execute(`DECLARE moved NO SCROLL CURSOR FOR SELECT * FROM "${table}"`);
  for (;;) {
    const [answer] = await session.send([{ sql: `FETCH ${BATCH} FROM moved`, values: {} }]);
    const rows = answer?.rows ?? [];
    for (const row of rows) sum.add(row);
    if (rows.length === 0) break;
  }
  await session.execute("CLOSE moved");
  return sum;
}

/** Ids that were given are not given again, those of rows that are gone among them. */
async function goOnCounting(db: SqliteConnection, session: Session): Promise<void> {
  for (const row of db.all("SELECT name, seq FROM sqlite_sequence WHERE seq > 0")) {
    const table = text(row, "name");
    const [key] = db.all(`PRAGMA table_info("${table}")`).filter((column) => column["pk"] === 1);
    const values = { table, column: text(key ?? {}, "name"), last: integer(row, "seq") };
    const sql = "SELECT setval(pg_get_serial_sequence(:table, :column), CAST(:last AS BIGINT)) AS last";
    await session.send([{ sql, values }]);
  }
}
