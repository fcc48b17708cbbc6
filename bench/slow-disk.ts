// Loaded into a server before anything else, makes every commit of its store take longer, as a slow disk does: the thread
// that commits waits, and costs no CPU.
import { StatementSync } from "node:sqlite";
import { isMainThread } from "node:worker_threads";

const DELAY_MS = 10;
const waited = new Int32Array(new SharedArrayBuffer(4));
const run: unknown = Reflect.get(StatementSync.prototype, "run");
if (typeof run !== "function") throw new Error("node:sqlite runs statements in another way");

const apply = (_: unknown, statement: unknown, values: readonly unknown[]): unknown => {
  const isCommit = statement instanceof StatementSync && statement.sourceSQL === "COMMIT";
  if (isCommit) Atomics.wait(waited, 0, 0, DELAY_MS);
  return Reflect.apply(run, statement, values);
};
// The main thread only reads.
if (!isMainThread) Reflect.set(StatementSync.prototype, "run", new Proxy(run, { apply }));
