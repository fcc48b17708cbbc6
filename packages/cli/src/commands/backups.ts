import type { Backup, BackupDiff, BackupPlan, BackupTurn, DeviceBackups, File } from "@heliograph/api";
import { UsageError } from "../command-error.ts";
import { command, deviceArgument, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { readDuration } from "../duration.ts";
import { exitCodes } from "../exit-code.ts";
import { readUploadKind } from "../file-kind.ts";
import { paint, printable, showJson, showTable, type Cell } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { durationWords, relativeTime } from "../time-words.ts";

const SECOND_MS = 1_000;
const USUAL_EVERY = "24h";

export const backupsPlan = command({
  name: "backups plan",
  section: "Files",
  summary: "Have devices send their configurations time and again",
  about: [
    "Each device has its own moment, so that they do not all come at once. One that does not come is asked until its next " +
      "turn; one that fails is asked again then. What a device sends again without a change stands once.",
  ],
  arguments: [
    { ...deviceArgument, takes: "at-most-one", help: "one device; else every one that is approved" },
  ],
  flags: [
    { name: "every", value: "time", default: USUAL_EVERY, help: "how often, such as 24h" },
    { name: "spread", value: "time", help: "over how long the devices are spread; else an hour at most" },
    { name: "keep", value: "number", help: "how many of a device's backups stand at most; else 10" },
    { name: "kind", value: "kind", help: "as CWMP writes it; else what the device's data model says" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [
    { line: "backups plan --every 24h --keep 14", shows: "two weeks of every device" },
    { line: "backups plan SN0001 --every 1h", shows: "one device, each hour" },
  ],
  async run(given, terminal) {
    const [spread, keep, kind] = [given.text("spread"), given.number("keep"), given.text("kind")];
    const name = given.text("device");
    const every = readSeconds("every", given.text("every") ?? USUAL_EVERY);
    const client = connect(given, terminal);
    const plan = await client.backups.addPlan({
      every,
      ...(name === undefined ? {} : { device: (await findDevice(client, name)).key }),
      ...(spread === undefined ? {} : { spread: readSeconds("spread", spread) }),
      ...(keep === undefined ? {} : { keep }),
      ...(kind === undefined ? {} : { kind: readUploadKind(kind) }),
    });
    if (given.isOn("json")) showJson(terminal, plan);
    else terminal.out(plan.id);
    return exitCodes.done;
  },
});

export const backupsList = command({
  name: "backups list",
  section: "Files",
  summary: "List backup plans, and how many devices fail",
  arguments: [],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "backups list", shows: "plans, in the order in which they were made" }],
  async run(given, terminal) {
    const { items } = await connect(given, terminal).backups.plans();
    if (given.isOn("json")) showJson(terminal, items);
    else {
      const head = ["id", "of", "every", "keeps", "made", "devices", "running", "failed"];
      showTable(terminal, { head, rows: items.map((plan) => planRow(plan, terminal.now())) });
    }
    return exitCodes.done;
  },
});

export const backupsShow = command({
  name: "backups show",
  section: "Files",
  summary: "Show a device's backups, and where its plans stand",
  about: [
    "heliograph files get <file> <path> writes one out. What heliograph backup brought stands among them, and no plan removes it.",
  ],
  arguments: [deviceArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "backups show SN0001", shows: "its configurations, newest first" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    const backups = await client.backups.of(key);
    const byHand = takenByHand((await client.files.list({ device: key })).items, backups);
    if (given.isOn("json")) showJson(terminal, { ...backups, byHand });
    else showBackups(terminal, backups, byHand);
    return exitCodes.done;
  },
});

export const backupsDiff = command({
  name: "backups diff",
  section: "Files",
  summary: "Show how two backups of a device differ",
  about: [
    "Without files: the newest, and the one before. A configuration holds secrets: who looked is kept.",
  ],
  arguments: [deviceArgument, { name: "file", takes: "any", help: "the earlier one, and the later one" }],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "backups diff SN0001", shows: "what changed last, as diff -u writes it" }],
  async run(given, terminal) {
    const [from, to, ...others] = given.list("file");
    if (others.length > 0) throw new UsageError("two files are compared, and no more");
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    const query = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    const diff = await client.backups.diff(key, query);
    if (given.isOn("json")) showJson(terminal, diff);
    else showDiff(terminal, diff);
    return exitCodes.done;
  },
});

export const backupsRemove = command({
  name: "backups remove",
  section: "Files",
  summary: "Remove a backup plan; what it brought stays",
  arguments: [{ name: "plan", help: "its id, as `backups list` shows it" }],
  flags: [...connectionFlags],
  examples: [{ line: "backups remove 0123456789abcdef", shows: "nothing, once it is gone" }],
  async run(given, terminal) {
    await connect(given, terminal).backups.removePlan(given.one("plan"));
    return exitCodes.done;
  },
});

function readSeconds(name: string, text: string): number {
  return Math.round(readDuration(name, text) / SECOND_MS);
}

function planRow({ id, device, every, keep, created, standing }: BackupPlan, now: number): readonly Cell[] {
  const { devices, running, failed } = standing;
  const bad: Cell = { text: String(failed), tone: failed === 0 ? "quiet" : "bad" };
  const times = [durationWords(every * SECOND_MS), String(keep), relativeTime(created, now)];
  return [id, device ?? "all devices", ...times, String(devices), String(running), bad];
}

const CONFIGURATION = /^[13] Vendor Configuration File/;

/** Configurations of the device that no plan brought, newest first. */
function takenByHand(files: readonly File[], { items }: DeviceBackups): readonly File[] {
  const planned = new Set(items.map(({ file }) => file));
  const byHand = files.filter(({ id, kind }) => CONFIGURATION.test(kind) && !planned.has(id));
  return byHand.toSorted((one, other) => Date.parse(other.added) - Date.parse(one.added));
}

function showBackups(terminal: Terminal, { items, turns }: DeviceBackups, byHand: readonly File[]): void {
  const now = terminal.now();
  const head = ["file", "bytes", "taken", "the same until", "kind"];
  const rows = [
    ...items.map((backup) => backupRow(backup, now)),
    ...byHand.map(({ id, bytes, added, kind }) => [
      ...[id, String(bytes), relativeTime(added, now)],
      ...["", `${kind}, by hand`],
    ]),
  ];
  if (rows.length === 0) terminal.err("there is no backup yet");
  else showTable(terminal, { head, rows });
  for (const turn of turns) terminal.out(turnSentence(turn, now));
}

function backupRow({ file, bytes, taken, last, unchanged, kind }: Backup, now: number): readonly Cell[] {
  const same = unchanged === 0 ? "" : `${relativeTime(last, now)} (${unchanged} more)`;
  return [file, String(bytes), relativeTime(taken, now), same, kind];
}

function turnSentence({ plan, next, operation, last }: BackupTurn, now: number): string {
  const going =
    operation === undefined ? `next ${relativeTime(next, now)}` : `the device is asked by ${operation}`;
  const ended =
    last === undefined
      ? ""
      : `; last ${relativeTime(last.at, now)}: ${last.result}${last.reason === undefined ? "" : `, ${last.reason}`}`;
  return printable(`plan ${plan}: ${going}${ended}`);
}

const DIFFERENCES = {
  same: "they are the same",
  opaque: "they differ, and cannot be compared line by line",
} as const;

function showDiff(terminal: Terminal, { from, to, difference, unified = "" }: BackupDiff): void {
  if (difference === "text") {
    for (const line of unified.replace(/\n$/, "").split("\n")) terminal.out(paint(terminal, tonedLine(line)));
    return;
  }
  terminal.err(DIFFERENCES[difference]);
  const rows = [from, to].map(({ file, bytes, sha256 }) => [file, String(bytes), sha256]);
  showTable(terminal, { head: ["file", "bytes", "SHA-256"], rows });
}

function tonedLine(line: string): Cell {
  if (line.startsWith("+")) return { text: line, tone: "good" };
  return line.startsWith("-") ? { text: line, tone: "bad" } : line;
}
