import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/** How far a program has come: it is in the file whole, however the program ends. 0 where there is none. */
export function readPosition(file: string): number {
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
}

export function keepPosition(file: string, id: number): void {
  writeFileSync(`${file}.new`, String(id));
  renameSync(`${file}.new`, file);
}
