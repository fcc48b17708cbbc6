import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { tempDir } from "@heliograph/testkit";
import { keyOf } from "../ports/store-suite/store.fixture.ts";
import { openSqliteStore } from "./sqlite.ts";

const PROGRAM = fileURLToPath(new URL("./acknowledge.fixture.ts", import.meta.url));

test("what was acknowledged before a kill is there afterwards, and the store goes on", async () => {
  using directory = tempDir();
  const path = directory.file("store.db");
  const acknowledged: string[] = [];
  for (const atOnce of [1, 50, 50]) {
    const first = String(acknowledged.length * 10 + 1);
    acknowledged.push(...(await killedAfter(200, [path, String(atOnce), first])));
    const store = await openSqliteStore({ path });
    const found = await Promise.all(acknowledged.map((serialNumber) => store.device(keyOf(serialNumber))));
    assert.deepEqual(
      acknowledged.filter((_, index) => found[index] === undefined),
      [],
    );
    assert.equal(integrity(path), "ok");
    await store.close();
  }
  assert.ok(acknowledged.length >= 600);
});

test("each acknowledgement comes after a sync of the log", (t) => {
  if (!isOnPath("strace")) {
    t.skip("strace is not on the path");
    return;
  }
  using directory = tempDir();
  const trace = directory.file("trace");
  const run = spawnSync(
    "strace",
    ["-f", "-y", "-e", "trace=fdatasync,fsync,write", "-o", trace]
      .concat([process.execPath, PROGRAM])
      .concat([directory.file("store.db"), "1", "1", "50"]),
  );
  assert.equal(run.status, 0, run.stderr.toString());
  const story = syncsAndAcknowledgements(readFileSync(trace, "utf8"));
  assert.equal(story.filter((each) => each === "acknowledged").length, 50);
  const unsynced = story.filter((each, index) => each === "acknowledged" && story[index - 1] !== "synced");
  assert.deepEqual(unsynced, []);
});

test("several programs that open a new store at once all find it ready", async () => {
  using directory = tempDir();
  const path = directory.file("store.db");
  const runs = [1, 2, 3, 4].map(async (turn) => {
    const run = spawn(process.execPath, [PROGRAM, path, "1", String(turn), String(turn)]);
    await once(run, "exit");
    return run.exitCode;
  });
  assert.deepEqual(await Promise.all(runs), [0, 0, 0, 0]);
  const store = await openSqliteStore({ path });
  const { items } = await store.devices({ limit: 10 });
  assert.equal(items.length, 4);
  await store.close();
});

/** The serial numbers that the program acknowledged until it was killed, some time after that many. */
async function killedAfter(count: number, args: readonly string[]): Promise<readonly string[]> {
  const program = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  program.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.split("\n").length > count) program.kill("SIGKILL");
  });
  await once(program, "close");
  assert.equal(program.signalCode, "SIGKILL");
  return said.slice(0, said.lastIndexOf("\n")).split("\n");
}

/** Reads a trace: when a sync of the log had ended, and when an acknowledgement was written. */
function syncsAndAcknowledgements(trace: string): readonly ("synced" | "acknowledged")[] {
  const syncing = new Set<string>();
  return trace.split("\n").flatMap((line): readonly ("synced" | "acknowledged")[] => {
    const [thread = ""] = line.split(" ");
    if (/ write\(1<.*"\d+\\n"/.test(line)) return ["acknowledged"];
    const isOfLog = / f(?:data)?sync\(\d+<.*-wal>/.test(line);
    if (isOfLog && line.includes("unfinished")) syncing.add(thread);
    const isResumed = / <\.\.\. f(?:data)?sync resumed>/.test(line) && syncing.delete(thread);
    return (isOfLog || isResumed) && line.endsWith("= 0") ? ["synced"] : [];
  });
}

function integrity(path: string): string {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return String(db.prepare("PRAGMA integrity_check").get()?.["integrity_check"]);
  } finally {
    db.close();
  }
}

function isOnPath(program: string): boolean {
  return spawnSync(program, ["--version"]).status === 0;
}
