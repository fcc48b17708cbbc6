import { once } from "node:events";
import { pinoLog } from "./pino-log.ts";

// Writes so many lines, then ends once its parent says so. The last line is the longest that a test waits for.
const log = pinoLog();
for (let line = 0; line < Number(process.argv[2]); line += 1)
  log.info("a line", { line, fill: "-".repeat(200) });
process.send?.("written");
await once(process, "message");
log.info("the last line");
await log.close();
process.exit();
