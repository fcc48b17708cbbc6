import { tool } from "./tool.ts";

export const types = tool("types", ["node_modules/typescript/bin/tsc", "--project", "."]);
