import { tool } from "./tool.ts";

export const lint = tool("lint", ["node_modules/eslint/bin/eslint.js", "--max-warnings=0", "."]);
