// A process that hosts the real server and can be made to die at a kill point. It stands by with all its modules loaded
// until it is told to start, so that a server that was killed is back at once.
import { flushCompileCache } from "node:module";
import { startServer, type RunningServer } from "../src/main/server.ts";
import { readSettings } from "../src/main/settings.ts";
import { asError, type Log, type LogFields } from "../src/ports/index.ts";
import { isHostOrder, type HostOrder, type HostReport } from "./host-messages.ts";
import { KillSwitch } from "./kill-switch.ts";
import { watchSends } from "./killable-sends.ts";
import { killableStore } from "./killable-store.ts";

const killSwitch = new KillSwitch();
const complaints: Log = {
  info: () => undefined,
  warn: (event, fields) => complain("warn", event, fields),
  error: (event, fields) => complain("error", event, fields),
};
let server: RunningServer | undefined;

watchSends(killSwitch);
process.on("message", (message) => {
  if (isHostOrder(message)) void obey(message);
});
// Nobody is left who could stop it.
process.once("disconnect", () => process.exit());
flushCompileCache();
report({ type: "standing-by" });

async function obey(order: HostOrder): Promise<void> {
  try {
    report(order.type === "start" ? await start(order) : await stop());
  } catch (error) {
    report({ type: "failed", error: asError(error).stack ?? "" });
  }
}

async function start({ flags, arming }: Extract<HostOrder, { type: "start" }>): Promise<HostReport> {
  killSwitch.arm(arming);
  server = await startServer(readSettings({ flags, environment: {}, file: {} }), {
    store: (store) => killableStore(store, killSwitch),
    log: complaints,
  });
  const { acsUrl, northboundUrl, token, firstContact } = server;
  return { type: "listening", listening: { acsUrl, northboundUrl, token, firstContact } };
}

async function stop(): Promise<HostReport> {
  await server?.close();
  return { type: "stopped" };
}

function report(message: HostReport): void {
  process.send?.(message);
}

function complain(level: string, event: string, fields: LogFields = {}): void {
  const { error, ...rest } = fields;
  const shown = error instanceof Error ? { ...rest, error: error.stack } : rest;
  process.stderr.write(`${JSON.stringify({ level, event, ...shown })}\n`);
}
