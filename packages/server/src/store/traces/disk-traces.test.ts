import assert from "node:assert/strict";
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseDeviceKey } from "@heliograph/protocol";
import type { DeviceKey } from "@heliograph/protocol";
import { tempDir, type TempDir } from "@heliograph/testkit";
import type { Log, NewTracedMessage, TraceKeep } from "../../ports/index.ts";
import { openDiskTraces, type TraceLimits } from "./disk-traces.ts";

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const DEVICE = keyOf("00D09E-Box-1");
const OTHER = keyOf("00D09E-Box-2");
const ALL = { after: 0, limit: 1_000 };

function keyOf(text: string): DeviceKey {
  const key = parseDeviceKey(text);
  assert.ok(key !== undefined);
  return key;
}

function open(folder: TempDir, limits: Partial<TraceLimits> = {}): Promise<TraceKeep> {
  return openDiskTraces({ folder: folder.file("traces"), log: silent, limits });
}

function begin(keep: TraceKeep, device = DEVICE, since = 0) {
  return keep.put({ device, since, until: since + 1_000, by: "desk" });
}

function message(at: number, text = "x"): NewTracedMessage {
  return { at, direction: "received", binding: "http", text, bytes: text.length };
}

function messages(count: number, text?: string): readonly NewTracedMessage[] {
  return Array.from({ length: count }, (_, at) => message(at, text));
}

async function ids(keep: TraceKeep, query = ALL): Promise<readonly number[]> {
  return (await keep.read(DEVICE, query)).map(({ id }) => id);
}

test("messages have ids without gaps, and are read in pieces", async () => {
  using folder = tempDir();
  const keep = await open(folder);
  await begin(keep);
  await keep.append(DEVICE, messages(3));
  await keep.append(DEVICE, messages(2));
  assert.deepEqual(await ids(keep), [1, 2, 3, 4, 5]);
  assert.deepEqual(await ids(keep, { after: 1, limit: 2 }), [2, 3]);
  assert.deepEqual(await ids(keep, { after: 5, limit: 2 }), []);
  const [first] = await keep.read(DEVICE, { after: 0, limit: 1 });
  assert.deepEqual(first, { id: 1, ...message(0) });
});

test("messages are read by their time", async () => {
  using folder = tempDir();
  const keep = await open(folder, { maxMessages: 100 });
  await begin(keep);
  await keep.append(DEVICE, messages(50));
  const found = await keep.read(DEVICE, { ...ALL, from: 12, to: 33 });
  assert.deepEqual(
    found.map(({ at }) => at),
    Array.from({ length: 21 }, (_, at) => at + 12),
  );
});

test("what was kept is there after a crash, up to what is half written, and goes on from there", async () => {
  using folder = tempDir();
  const first = await open(folder);
  const state = await begin(first);
  await first.append(DEVICE, messages(3));
  const [file = ""] = filesIn(folder);
  appendFileSync(file, '{"id":4,"at":3,"dir');
  const second = await open(folder);
  assert.deepEqual(second.state(DEVICE), { ...state, firstId: 1, lastId: 3, bytes: statSync(file).size });
  assert.deepEqual(await ids(second), [1, 2, 3]);
  await second.append(DEVICE, messages(1));
  assert.deepEqual(await ids(await open(folder)), [1, 2, 3, 4]);
});

test("the oldest make room for the newest, by their number and by their bytes", async () => {
  using folder = tempDir();
  const keep = await open(folder, { maxMessages: 100 });
  await begin(keep);
  await keep.append(DEVICE, messages(1_005));
  const kept = await ids(keep);
  assert.equal(kept.at(-1), 1_005);
  assert.ok(kept.length <= 100 && kept.length >= 90, `${kept.length} are kept`);
  assert.equal(keep.state(DEVICE)?.firstId, kept[0]);

  using another = tempDir();
  const small = await open(another, { maxBytes: 20_000 });
  await begin(small);
  for (let turn = 0; turn < 20; turn += 1) await small.append(DEVICE, messages(10, "y".repeat(500)));
  const bytes = filesIn(another).reduce((sum, path) => sum + statSync(path).size, 0);
  assert.ok(bytes <= 20_000, `${bytes} bytes are kept`);
  assert.equal(small.state(DEVICE)?.bytes, bytes);
  assert.equal((await ids(small)).at(-1), 200);
});

test("what is too old goes, and with it a trace that has ended; ids go on", async () => {
  using folder = tempDir();
  const keep = await open(folder, { maxMessages: 100, maxAgeMs: 1_000 });
  await begin(keep);
  await keep.append(DEVICE, messages(20));
  await keep.append(DEVICE, [message(5_000)]);
  await keep.prune(5_500);
  assert.deepEqual(await ids(keep), [21]);
  await keep.prune(6_500);
  assert.equal(keep.state(DEVICE), undefined);
  assert.deepEqual(await ids(keep), []);
  assert.deepEqual(readdirSync(folder.file("traces")), []);
});

test("where there are as many as may be, the one that ended first makes room, and none that is on", async () => {
  using folder = tempDir();
  const keep = await open(folder, { maxTraces: 1 });
  assert.ok((await begin(keep)) !== undefined);
  assert.equal(await begin(keep, OTHER, 999), undefined);
  assert.ok((await begin(keep, DEVICE, 500)) !== undefined, "its own trace is no other");
  assert.ok((await begin(keep, OTHER, 1_500)) !== undefined);
  assert.equal(keep.state(DEVICE), undefined);
});

test("a forgotten trace leaves nothing behind, also not by what was under way", async () => {
  using folder = tempDir();
  const keep = await open(folder);
  await begin(keep);
  const appending = keep.append(DEVICE, messages(3));
  const forgetting = keep.forget(DEVICE);
  const late = keep.append(DEVICE, messages(3));
  await Promise.all([appending, forgetting, late]);
  assert.equal(keep.state(DEVICE), undefined);
  assert.deepEqual(readdirSync(folder.file("traces")), []);
});

test("a folder that is no trace is deleted at the start", async () => {
  using folder = tempDir();
  await begin(await open(folder));
  const [name = ""] = readdirSync(folder.file("traces"));
  writeFileSync(join(folder.file("traces"), name, "about.json"), "{");
  const keep = await open(folder);
  assert.deepEqual(keep.states(), []);
  assert.deepEqual(readdirSync(folder.file("traces")), []);
});

test("a trace that cannot be written down is not on", async () => {
  using folder = tempDir();
  const keep = await open(folder);
  rmSync(folder.file("traces"), { recursive: true });
  writeFileSync(folder.file("traces"), "a file where the folder was");
  await assert.rejects(begin(keep));
  assert.equal(keep.state(DEVICE), undefined);
});

test("nobody else on the machine may read a trace", async () => {
  using folder = tempDir();
  const keep = await open(folder);
  await begin(keep);
  await keep.append(DEVICE, messages(1));
  const [file = ""] = filesIn(folder);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(join(file, "..")).mode & 0o777, 0o700);
  assert.match(readFileSync(file, "utf8"), /^\{"id":1,.*\}\n$/);
});

/** The files of messages, the oldest first. */
function filesIn(folder: TempDir): readonly string[] {
  return readdirSync(folder.file("traces"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .toSorted()
    .map((name) => folder.file(`traces/${name}`));
}
