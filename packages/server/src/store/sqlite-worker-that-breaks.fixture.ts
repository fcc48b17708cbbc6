import { parentPort } from "node:worker_threads";
import type { WorkerAsk, WorkerReply } from "./sqlite-worker-messages.ts";

/** A thread that says it is ready and breaks at the first thing it is asked. */
const ready: WorkerReply = { type: "ready" };
parentPort?.once("message", () => {
  parentPort?.postMessage(ready);
  parentPort?.on("message", (ask: WorkerAsk) => {
    throw new Error(`broken by ${ask.type}`);
  });
});
