import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { tempDir, type TempDir } from "@heliograph/testkit";
import { startServer } from "../src/main/server.ts";
import { readSettings } from "../src/main/settings.ts";
import type { Store } from "../src/ports/index.ts";
import type { SqliteStore } from "../src/store/sqlite.ts";
import { Caller } from "./caller.ts";
import { DeviceLedger } from "./device-ledger.ts";
import { DialogDevice } from "./dialog-device.ts";
import { ServerHosts } from "./server-hosts.ts";
import { Supervisor } from "./supervisor.ts";
import { answersIn, isSyncedBetween, readSystemCalls, type TracedAnswer } from "./system-calls.ts";

test("the server as it ships keeps a write-ahead log and syncs it with every commit", async () => {
  using folder = tempDir();
  const flags = { data: folder.file("data"), southbound: "127.0.0.1:0", northbound: "127.0.0.1:0" };
  let running: Store | undefined;
  const server = await startServer(readSettings({ flags, environment: {}, file: {} }), {
    store: (store) => (running = store),
  });
  try {
    assert.ok(running !== undefined && isSqlite(running));
    const { journalMode, synchronous } = await running.settings();
    assert.deepEqual({ journalMode, synchronous }, { journalMode: "wal", synchronous: FULL });
  } finally {
    await server.close();
  }
});

test("no acknowledgement leaves before the database was synced after its request came", async (t) => {
  const strace = ["strace", "-D", "-f", "-y", "-s", "4096", "-e", `trace=${TRACED}`];
  if (!canRun([...strace, "-o", "/dev/null"])) {
    t.skip("needs strace on PATH, and leave to trace a child");
    return;
  }
  using folder = tempDir();
  const trace = folder.file("trace");
  await leadTraced(folder, [...strace, "-o", trace]);

  const calls = readSystemCalls(readFileSync(trace, "utf8"));
  const answers = answersIn(calls);
  const sent = ({ request, answer }: Acknowledgement): readonly TracedAnswer[] =>
    answers.filter((one) => request.test(one.request.said) && answer.test(one.answer.said));
  for (const acknowledgement of acknowledgements) {
    const { name, count } = acknowledgement;
    const all = sent(acknowledgement);
    const early = all.filter(({ request, answer }) => !isSyncedBetween(calls, request, answer));
    t.diagnostic(`${name}: ${all.length}, ${early.length} of them before a sync`);
    assert.equal(all.length, count, name);
    assert.deepEqual(early, [], name);
  }
  const [[told], [taken]] = [sent(operationEnded), sent(answerTaken)];
  assert.ok(told !== undefined && taken !== undefined);
  assert.ok(
    isSyncedBetween(calls, taken.request, told.answer),
    "the caller is told of the end when the device's answer is on disk",
  );
});

test("a sync counts for an answer only where it lies between its request and the answer", () => {
  const request = '7 read(20<socket:[1]>, "POST / HTTP/1.1\\r\\n", 65536) = 17';
  const answer = '7 write(20<socket:[1]>, "HTTP/1.1 200 OK\\r\\n", 17) = 17';
  const [begun, synced] = [
    "8 fdatasync(21</data/heliograph.db-wal> <unfinished ...>",
    "8 <... fdatasync resumed>) = 0",
  ];
  const failed = "8 fdatasync(21</data/heliograph.db-wal>) = -1 EIO (Input/output error)";
  const other = "8 fdatasync(22</data/client.json>) = 0";
  const isAfterSync = (...lines: readonly string[]): readonly boolean[] => {
    const calls = readSystemCalls(lines.join("\n"));
    return answersIn(calls).map((one) => isSyncedBetween(calls, one.request, one.answer));
  };
  assert.deepEqual(isAfterSync(request, begun, synced, answer), [true]);
  assert.deepEqual(isAfterSync(begun, request, synced, answer), [false]);
  assert.deepEqual(isAfterSync(request, begun, answer, synced), [false]);
  assert.deepEqual(isAfterSync(request, failed, other, answer), [false]);
});

/** SQLite's word for syncing at every commit. */
const FULL = 2;
const TRACED = "read,recvfrom,write,writev,sendto,sendmsg,fsync,fdatasync";

const POSTED = /POST \/api\/v1\/devices\/[^/]+\/operations /;

/** What a caller or a device relies upon once it is told, or what a device may run once. */
interface Acknowledgement {
  readonly name: string;
  readonly request: RegExp;
  readonly answer: RegExp;
  /** How often it is sent in the traced run. */
  readonly count: number;
}

const operationEnded = { name: "operation ended", request: POSTED, answer: /HTTP\/1\.1 200 /, count: 1 };
const answerTaken = {
  name: "answer of a device taken",
  request: /<cwmp:RebootResponse\b/,
  answer: /HTTP\/1\.1 204 /,
  count: 1,
};
const acknowledgements: readonly Acknowledgement[] = [
  { name: "operation accepted", request: POSTED, answer: /HTTP\/1\.1 202 /, count: 1 },
  { name: "Inform answered", request: /1 BOOT/, answer: /<cwmp:InformResponse\b/, count: 2 },
  {
    name: "TransferComplete answered",
    request: /<cwmp:TransferComplete\b/,
    answer: /<cwmp:TransferCompleteResponse\b/,
    count: 1,
  },
  { name: "call that must not run twice", request: /POST/, answer: /<cwmp:(?:AddObject|Reboot)\b/, count: 2 },
  answerTaken,
  operationEnded,
];

/** A device boots and reports a transfer; one operation is accepted, another waited for; it reboots. */
async function leadTraced(folder: TempDir, under: readonly string[]): Promise<void> {
  await using hosts = new ServerHosts(under);
  await using supervisor = await Supervisor.start({
    hosts,
    data: folder.file("data"),
    openEnrolment: "loopback",
  });
  const ledger = new DeviceLedger(folder.file("ledger"));
  await using device = new DialogDevice({ supervisor, serialNumber: "1", ledger });
  await device.listen();
  device.transferred("nightly");
  device.inform("1 BOOT");
  await device.idle();
  const caller = new Caller(supervisor);
  const { key } = device;
  await caller.ask({ device: key, method: "AddObject", mark: "add" });
  await caller.settle({ device: key, method: "Reboot", mark: "reboot" });
  await device.idle();
  await supervisor.stop();
}

function canRun([command = "", ...given]: readonly string[]): boolean {
  return spawnSync(command, [...given, process.execPath, "--version"]).status === 0;
}

function isSqlite(store: Store): store is SqliteStore {
  return "settings" in store;
}
