import { tool } from "./tool.ts";

export const format = tool("format", [
  "node_modules/prettier/bin/prettier.cjs",
  ...["--check", "--cache", "--cache-strategy=content", "--log-level=warn", "."],
]);
