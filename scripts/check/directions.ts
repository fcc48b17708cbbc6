import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ROOT } from "./sources.ts";
import { tool } from "./tool.ts";

const folders = ["packages", "examples", "bench", "scripts"].filter((folder) =>
  existsSync(resolve(ROOT, folder)),
);

/** Import directions and cycles, by the table in `.dependency-cruiser.cjs`. */
export const directions = tool(
  "directions",
  ["node_modules/dependency-cruiser/bin/dependency-cruiser.mjs", ...folders],
  (output) => /\d+ modules, \d+ dependencies/.exec(output)?.[0] ?? "",
);
