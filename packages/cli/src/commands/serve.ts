import {
  authority,
  SettingError,
  settingRows,
  type Listener,
  type SettingName,
  type Settings,
} from "@heliograph/server/settings";
import { once } from "node:events";
import { banner } from "../banner.ts";
import { CommandError } from "../command-error.ts";
import { command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { rootMessage } from "../explain-error.ts";
import { configFlag, serverSettings } from "../server-settings.ts";
import type { Terminal } from "../terminal.ts";

export const serve = command({
  name: "serve",
  section: "The server",
  summary: "Run the ACS",
  about: [
    "Every setting is a flag, an environment variable (--open-enrolment is HELIOGRAPH_OPEN_ENROLMENT) and a key of the " +
      "config file, all of one name; a flag stands above the environment, that above the file.",
    "Log lines are JSON on standard error. SIGINT or SIGTERM ends it in order, a second one at once; where it has a " +
      "certificate, SIGHUP reads its files again.",
  ],
  arguments: [],
  flags: [configFlag, ...settingRows],
  examples: [
    { line: "serve", shows: "devices of this machine enrol themselves, others wait for approval" },
    {
      line: "serve --data /var/lib/heliograph --southbound 192.0.2.10:7547",
      shows: "on one address, with its data in a place of its own",
    },
    {
      line: "serve --tls-cert /etc/acs/cert.pem --tls-key /etc/acs/key.pem",
      shows: "with TLS on port 7548, which the light transport needs off this machine",
    },
    { line: "serve --config /etc/heliograph.json", shows: "settings from a file" },
    {
      line: "serve --roles light --data /var/lib/heliograph/light --config /etc/heliograph.json",
      shows: "one of several processes, which meet in the database and on the bus that the file names",
    },
  ],
  async run(given, terminal) {
    using interruption = terminal.interruption();
    const settings = await serverSettings(given, terminal);
    await serveUntil(interruption.signal, settings, terminal);
    return exitCodes.done;
  },
});

async function serveUntil(signal: AbortSignal, settings: Settings, terminal: Terminal): Promise<void> {
  // Loaded here, so that commands that only ask a running ACS need not load it.
  const { pinoLog, startProcess } = await import("@heliograph/server");
  const log = pinoLog();
  try {
    const running = await startProcess(settings, { log }).catch((error: unknown) => {
      throw explainStart(error, settings);
    });
    const reload = (): void => {
      running.southbound?.reloadCertificate();
    };
    // It ends a process that has no other use for it.
    if (settings.tls !== undefined) process.on("SIGHUP", reload);
    for (const line of banner(running, settings, terminal.environment)) terminal.out(line);
    if (!signal.aborted) await once(signal, "abort");
    terminal.err("stopping; once more ends it at once");
    await running.close();
    process.off("SIGHUP", reload);
  } finally {
    await log.close();
  }
}

/** A failed edge carries a code and is said in a sentence; what has none is a bug and stays what it is. */
function explainStart(error: unknown, settings: Settings): unknown {
  if (!(error instanceof Error) || !("code" in error) || error instanceof SettingError) return error;
  if (!("syscall" in error) || error.syscall !== "listen") {
    return new CommandError(`cannot start: ${error.message}`, exitCodes.refused, [
      ...(error.cause === undefined ? [] : [rootMessage(error.cause)]),
      `the data folder is ${settings.data}; --data names another one`,
    ]);
  }
  const { name, at } = listenerOn("port" in error ? error.port : undefined, settings);
  const where = `${name} ${authority(at)}`;
  if (error.code !== "EADDRINUSE") {
    return new CommandError(`cannot listen on ${where}: ${error.message}`, exitCodes.refused, [
      `--${name} names another address`,
    ]);
  }
  return new CommandError(`${where} is taken: another program listens there`, exitCodes.refused, [
    `stop that program, or choose another address: --${name} host:port`,
  ]);
}

/** The setting that has this port. */
function listenerOn(
  port: unknown,
  { northbound, health, southbound, tls, stomp, stompTls, roles }: Settings,
): { readonly name: SettingName; readonly at: Listener } {
  const isManaged = roles.includes("api");
  if (isManaged && port === northbound.port) return { name: "northbound", at: northbound };
  if (!isManaged && port === health.port) return { name: "health", at: health };
  if (tls !== undefined && port === tls.listener.port) return { name: "southbound-tls", at: tls.listener };
  if (stomp !== undefined && port === stomp.port) return { name: "stomp", at: stomp };
  if (stompTls !== undefined && port === stompTls.port) return { name: "stomp-tls", at: stompTls };
  return { name: "southbound", at: southbound };
}
