import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ROOT, sources } from "./sources.ts";
import type { Step } from "./step.ts";

const CODE = [
  "packages/**/*.{ts,tsx,js}",
  "scripts/**/*.{ts,js}",
  "{examples,bench}/**/*.{ts,js,html}",
  "*.{js,cjs}",
];

/** Written so that no pattern finds itself. */
const FORBIDDEN: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b/, why: "a note to oneself: do it, or plan it elsewhere" },
  {
    pattern: /\b(?:test|it|describe|suite)[.](?:only|skip|to[d]o)\(/,
    why: "a test that leaves others or itself out",
  },
  {
    pattern: /\b(?:only|skip|to[d]o): tru[e]\b/,
    why: "a test that leaves others or itself out, without a reason",
  },
  { pattern: /[.]skip\(\)/, why: "a skip says its reason" },
];

/** Words that code does not leave the desk with. */
export const words: Step = {
  name: "words",
  async run() {
    const found = (await Promise.all((await sources(...CODE)).map(forbiddenIn))).flat();
    return { ok: found.length === 0, figures: "", output: found.join("\n") };
  },
};

async function forbiddenIn(path: string): Promise<readonly string[]> {
  const lines = (await readFile(resolve(ROOT, path), "utf8")).split("\n");
  return lines.flatMap((line, index) =>
    FORBIDDEN.filter(({ pattern }) => pattern.test(line)).map(
      ({ why }) => `${path}:${index + 1}: ${line.trim()}\n  ${why}`,
    ),
  );
}
