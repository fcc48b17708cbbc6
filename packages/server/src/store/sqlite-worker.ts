import { parentPort } from "node:worker_threads";
import { serveWriter } from "./serve-writer.ts";
import type { WorkerSettings } from "./sqlite-worker-messages.ts";

/** The thread in which a store's writer works. */
const port = parentPort;
if (port !== null) port.once("message", (settings: WorkerSettings) => serveWriter(port, settings));
