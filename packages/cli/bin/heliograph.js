#!/usr/bin/env node
// The published command: refuses an old Node in one line, then hands over to the TypeScript entry.
const OLDEST = 24;
if (Number(process.versions.node.split(".")[0]) < OLDEST) {
  console.error(
    `heliograph needs Node ${OLDEST} or later and found ${process.versions.node}: install it from https://nodejs.org`,
  );
  process.exit(1);
}
await import("../src/main.ts");
