/** Rows of one table, the first of which is its head. */
export type Rows = readonly (readonly (number | string | undefined)[])[];

/** A table as Markdown has it, padded so that it is one on a screen as well; what is undefined is shown as `never`. */
export function textTable(rows: Rows): string {
  const shown = rows.map((row) => row.map(show));
  const widths = (shown[0] ?? []).map((_, column) =>
    Math.max(3, ...shown.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...rest] = shown;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n");
}

/** Numbers in three digits, or all before the point. */
function show(cell: number | string | undefined): string {
  if (cell === undefined) return "never";
  if (typeof cell === "string") return cell;
  if (Number.isInteger(cell)) return String(cell);
  return cell.toFixed(cell < 10 ? 2 : cell < 100 ? 1 : 0);
}
