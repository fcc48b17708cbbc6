// Starts a TypeScript entry of this repository on a Node that strips types itself.
// npm scripts find the Node carried in node_modules first; elsewhere the system's serves if it is new enough.
import { fileURLToPath, pathToFileURL } from "node:url";

const OLDEST = 24;
const major = Number(process.versions.node.split(".")[0]);
if (major < OLDEST) {
  console.error(
    `Heliograph needs Node ${OLDEST} or later and found ${process.versions.node}: run "npm ci" without --omit=optional, or install Node ${OLDEST} from https://nodejs.org`,
  );
  process.exit(1);
}
// What was compiled once starts twice as fast. Whoever can write there could change the code itself.
const { enableCompileCache } = await import("node:module");
const cache = fileURLToPath(new URL("../node_modules/.cache/heliograph-command", import.meta.url));
enableCompileCache(cache);
// Threads that start later find it here.
process.env.NODE_COMPILE_CACHE ??= cache;
const [entry] = process.argv.splice(2, 1);
process.argv[1] = entry;
await import(pathToFileURL(entry).href);
