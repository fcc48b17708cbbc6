import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { QuirkFile } from "@heliograph/api";
import { manageSchemas, publishedSchemas } from "@heliograph/protocol";
import { format, resolveConfig } from "prettier";
import { ROOT, sources } from "./sources.ts";
import type { Step } from "./step.ts";

const FOLDER = "spec/schemas";

/** Texts by path from the repository's root. */
export type Files = ReadonlyMap<string, string>;

/** The published schemas against the table of RPCs they are made from. */
export const schemas: Step = {
  name: "schemas",
  async run() {
    const wanted = await schemaFiles();
    const mistakes = differences(wanted, await publishedFiles());
    const figures = `${wanted.size} files`;
    const output = mistakes.length === 0 ? "" : [...mistakes, "`npm run schemas` writes them"].join("\n");
    return { ok: mistakes.length === 0, figures, output };
  },
};

/** What the table of RPCs, and the API, give. */
export async function schemaFiles(): Promise<Files> {
  const light = [...publishedSchemas(), ...manageSchemas()].map(({ path, schema }) => ({
    path: `light/${path}`,
    schema: { ...schema },
  }));
  const files = await Promise.all(
    [...light, { path: "quirks.json", schema: quirkFileSchema }].map(async ({ path, schema }) => {
      const file = `${FOLDER}/${path}`;
      return [file, await written(resolve(ROOT, file), JSON.stringify(schema, null, 2))] as const;
    }),
  );
  return new Map(files);
}

/** Of the file in which operators share what they know of models. */
const quirkFileSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:heliograph:quirks-1",
  ...QuirkFile,
};

/** What the folder holds. */
export async function publishedFiles(): Promise<Files> {
  const paths = await sources(`${FOLDER}/**/*.json`);
  const read = async (path: string): Promise<readonly [string, string]> => [
    path,
    await readFile(resolve(ROOT, path), "utf8"),
  ];
  return new Map(await Promise.all(paths.map(read)));
}

/** Where two sets of files differ, one line each. */
export function differences(wanted: Files, found: Files): readonly string[] {
  return [
    ...[...wanted].flatMap(([path, text]) => {
      const there = found.get(path);
      if (there === text) return [];
      return [there === undefined ? `${path}: is missing` : `${path}: is not what the table gives`];
    }),
    ...[...found.keys()].filter((path) => !wanted.has(path)).map((path) => `${path}: is no schema any more`),
  ];
}

/** As the format of the whole repository has it. */
async function written(path: string, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(path)), parser: "json" });
}
