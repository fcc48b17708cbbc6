import { settingRows, type SettingName } from "@heliograph/server/settings";
import { CommandError, UsageError } from "../command-error.ts";
import { command, jsonFlag, type Flag } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { rootMessage } from "../explain-error.ts";
import { showJson, showTable } from "../output.ts";
import { configFlag, serverSettings } from "../server-settings.ts";

/** As `serve` has them. */
const dataFlag = settingFlag("data");
const insecureFlag = settingFlag("insecure");
const toFlag = { name: "to", value: "postgres://…", help: "the empty database" } as const satisfies Flag;

export const backupStore = command({
  name: "backup-store",
  section: "The server",
  summary: "Copy the store into a file",
  about: [
    "A server may work on the store, or not. The copy is the store as it is at one moment, in one file that is there once it was read from beginning to end and is " +
      "on disk. It says all that is known of all devices.",
    "Devices' secrets in it are sealed: keep secret.key of the data folder as well, and not in the same place. Files for " +
      "devices lie beside the store, in files, and are not in the copy.",
  ],
  arguments: [{ name: "file", help: "where the copy is to be; nothing is there yet" }],
  flags: [configFlag, dataFlag, jsonFlag],
  examples: [
    { line: "backup-store /backup/heliograph-$(date +%F).db", shows: "a copy of the day" },
    {
      line: "backup-store --data /var/lib/heliograph today.db",
      shows: "of a server with its data in a place of its own",
    },
  ],
  async run(given, terminal) {
    const settings = await serverSettings(given, terminal);
    const file = given.one("file");
    const { backUpData } = await import("@heliograph/server");
    const copy = await explained(() => backUpData(settings, file));
    if (given.isOn("json")) showJson(terminal, copy);
    else {
      const { devices = 0, operations = 0, events = 0 } = copy.rows;
      terminal.out(
        `${file} has ${devices} devices, ${operations} operations and ${events} events, in ${copy.bytes} bytes`,
      );
    }
    return exitCodes.done;
  },
});

export const restoreStore = command({
  name: "restore-store",
  section: "The server",
  summary: "Put such a copy in the store's place",
  about: [
    "No server works on it meanwhile. The store that is there is put aside, under a name that says until when it was. Nothing changes where the copy is " +
      "damaged, from a later version, or no store.",
    "A copy does not say what happened since. So what is open and must not run twice ends as outcome-unknown; channels begin " +
      "new epochs, and members are told their state anew; ids of events go on a million later, so that no reader misses one.",
  ],
  arguments: [{ name: "file", help: "the copy, as backup-store made it" }],
  flags: [configFlag, dataFlag, jsonFlag],
  examples: [
    { line: "restore-store /backup/heliograph-2026-01-31.db", shows: "the store as it was that day" },
  ],
  async run(given, terminal) {
    const settings = await serverSettings(given, terminal);
    const { restoreData } = await import("@heliograph/server");
    const restored = await explained(() => restoreData(settings, given.one("file")));
    if (given.isOn("json")) showJson(terminal, restored);
    else {
      const { devices = 0, operations = 0 } = restored.rows;
      terminal.out(`the store has ${devices} devices and ${operations} operations`);
      if (restored.unknown > 0)
        terminal.out(`of ${restored.unknown} operations it is not known whether they ran`);
      if (restored.setAside !== undefined) terminal.err(`what was there before is ${restored.setAside}`);
    }
    return exitCodes.done;
  },
});

export const migrateStore = command({
  name: "migrate-store",
  section: "The server",
  summary: "Move the store from its file into PostgreSQL",
  about: [
    "No server works on it meanwhile. Files for devices and from them are carried first. All else moves in one transaction, each table is read again and compared row by row, and then all of it is there. " +
      "Where that ends before its time nothing but files is, and the same command begins anew.",
    "The data folder stays. From then on start the server with --database-url.",
  ],
  arguments: [],
  flags: [toFlag, configFlag, dataFlag, insecureFlag, jsonFlag],
  examples: [
    {
      line: "migrate-store --to 'postgres://heliograph@db.example/heliograph?sslmode=verify-full'",
      shows: "with the password from PGPASSWORD",
    },
  ],
  async run(given, terminal) {
    const to = given.text("to");
    if (to === undefined) throw new UsageError("--to is missing: it names the database");
    const settings = await serverSettings(given, terminal);
    const { moveData } = await import("@heliograph/server");
    const tables = await explained(() =>
      moveData(settings, to, ({ table, rows, of }) => {
        if (of > 0) terminal.status(`${table}: ${rows} of ${of}`);
      }),
    );
    if (given.isOn("json")) showJson(terminal, tables);
    else {
      const rows = tables.map(({ table, rows, checksum }) => [table, String(rows), checksum.slice(0, 16)]);
      showTable(terminal, { head: ["table", "rows", "checksum of both"], rows });
      terminal.err("all of it is in PostgreSQL: start the server with --database-url");
    }
    return exitCodes.done;
  },
});

function settingFlag<N extends SettingName>(name: N): Flag<N> {
  const row = settingRows.find((each) => each.name === name);
  if (row === undefined) throw new Error(`there is no setting ${name}`);
  return { ...row, name };
}

/** A failed edge carries a code and is said in a sentence; what has none is a bug and stays what it is. */
async function explained<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code === "E_SETTING") throw error;
    const details = error.cause === undefined ? [] : [rootMessage(error.cause)];
    throw new CommandError(error.message, exitCodes.refused, details);
  }
}
