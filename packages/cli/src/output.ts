import { styleText } from "node:util";
import type { Terminal } from "./terminal.ts";

export type Tone = "good" | "bad" | "unsure" | "quiet" | "strong";

/** A piece of text with the tone it is shown in. */
export interface Toned {
  readonly text: string;
  readonly tone: Tone;
}

export type Cell = string | Toned;

export interface Table {
  /** Left out where the rows speak for themselves. */
  readonly head?: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

const STYLES = {
  good: "green",
  bad: "red",
  unsure: "yellow",
  quiet: "dim",
  strong: "bold",
} as const satisfies Record<Tone, string>;

const GAP = "  ";

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** Writes a value as JSON over several lines. */
export function showJson(terminal: Terminal, value: object): void {
  terminal.out(JSON.stringify(value, undefined, 2));
}

/** Writes columns, each as wide as its widest cell. */
export function showTable(terminal: Terminal, { head, rows }: Table): void {
  const heading = head?.map((text): Cell => ({ text, tone: "quiet" }));
  const all = heading === undefined ? rows : [heading, ...rows];
  const widths = columnWidths(all);
  for (const row of all) {
    const cells = row.map((cell, column) => {
      const text = printable(textOf(cell));
      const padding = " ".repeat((widths[column] ?? 0) - lengthOf(text));
      return paint(terminal, typeof cell === "string" ? text : { ...cell, text }) + padding;
    });
    terminal.out(cells.join(GAP).trimEnd());
  }
}

/** The text in its tone where the terminal shows colours; what a device may have put into it cannot steer the terminal. */
export function paint({ isColoured }: Pick<Terminal, "isColoured">, cell: Cell): string {
  const text = printable(textOf(cell));
  if (typeof cell === "string" || !isColoured) return text;
  return styleText(STYLES[cell.tone], text, { validateStream: false });
}

/** Shows control characters instead of sending them: a device's own words must not move the cursor. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) =>
      SHORT_ESCAPES.get(character) ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

function columnWidths(rows: readonly (readonly Cell[])[]): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, lengthOf(printable(textOf(cell))));
    }
  }
  return widths;
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}
