import { glob } from "node:fs/promises";
import { resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

/** Where Node keeps what it compiled: each test file is a process, and most of them load the same modules. */
export const COMPILE_CACHE = resolve(ROOT, "node_modules/.cache/heliograph");

const GENERATED = new Set(["node_modules", "dist", "fixtures"]);

/** The repository's files that match one of the patterns, sorted; paths from its root. */
export async function sources(...patterns: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const entry of glob(patterns, { cwd: ROOT, exclude: (name) => GENERATED.has(name) })) {
    found.push(entry);
  }
  return found.sort();
}

/** Tests, suites and what stands under a package's `test` folder. */
export function isTest(path: string): boolean {
  return /[.](test|suite)[.]ts$|^packages\/[^/]+\/test\//.test(path);
}
