import type { Database } from "../database.ts";
import { integer, text } from "../row.ts";

/** How many rows each table has, by its name. */
export type TableCounts = Readonly<Record<string, number>>;

/** Of a store that is a file, in the order of the names. */
export function countTables(db: Database): TableCounts {
  const counts = tableNames(db).map((table) => {
    const row = db.get(`SELECT count(*) AS rows FROM "${table}"`) ?? {};
    return [table, integer(row, "rows")] as const;
  });
  return Object.fromEntries(counts);
}

/** All tables of a store that is a file; SQLite's own are not among them. */
export function tableNames(db: Database): readonly string[] {
  const rows = db.all(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
  );
  return rows.map((row) => text(row, "name"));
}
