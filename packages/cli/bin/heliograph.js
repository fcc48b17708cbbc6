#!/usr/bin/env node
// The published command: refuses an old Node in one line, then hands over to the TypeScript entry.
import { fileURLToPath } from "node:url";

const OLDEST = 24;
if (Number(process.versions.node.split(".")[0]) < OLDEST) {
  console.error(
    `heliograph needs Node ${OLDEST} or later and found ${process.versions.node}: install it from https://nodejs.org`,
  );
  process.exit(1);
}
// What was compiled once starts twice as fast. Whoever can write there could change the code itself.
const { enableCompileCache } = await import("node:module");
const cache = fileURLToPath(new URL("../../../node_modules/.cache/heliograph-command", import.meta.url));
enableCompileCache(cache);
// Threads that start later find it here.
process.env.NODE_COMPILE_CACHE ??= cache;
await import("../src/main.ts");
