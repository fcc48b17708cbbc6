import type { Outcome } from "./arena.ts";

const MIB = 1024 * 1024;
const HEAD = ["case", "what it got", "neighbours: classic, light (ms)", "server grew by (MiB)"];

/** The outcomes as a Markdown table. */
export function outcomeTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ name, got, classicMs, lightMs, growth }) => [
    name,
    got,
    `${Math.round(classicMs)}, ${Math.round(lightMs)}`,
    growth === undefined ? "" : String(Math.round(growth / MIB)),
  ]);
  const escaped = [HEAD, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = HEAD.map((_, column) => Math.max(...escaped.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = escaped;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}
