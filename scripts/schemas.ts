// `npm run schemas`: writes the published schemas from the table of RPCs. `npm run check -- schemas` compares them.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { publishedFiles, schemaFiles } from "./check/schemas.ts";
import { ROOT } from "./check/sources.ts";

const wanted = await schemaFiles();
for (const path of (await publishedFiles()).keys()) {
  if (!wanted.has(path)) await rm(resolve(ROOT, path));
}
for (const [path, text] of wanted) {
  await mkdir(dirname(resolve(ROOT, path)), { recursive: true });
  await writeFile(resolve(ROOT, path), text);
}
console.log(`${wanted.size} schemas are written`);
