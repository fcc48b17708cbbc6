import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as passed } from "node:timers/promises";
import { parseDeviceKey } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { PostgresServer, whyNoPostgres } from "../../../test/postgres-server.ts";
import { systemClock } from "../../main/system-clock.ts";
import { systemRandom } from "../../main/system-random.ts";
import { added, filesSuite, firmware, pieces, read } from "../../ports/files.suite.ts";
import { openPostgresStore } from "../postgres.ts";
import { openPostgresFiles, type PostgresFiles, type PostgresFilesOptions } from "./postgres-files.ts";

const skip = whyNoPostgres() ?? false;
const MEBIBYTE = 1024 * 1024;

const resources = new AsyncDisposableStack();
let server: PostgresServer;
before(async () => {
  if (skip !== false) return;
  server = resources.use(await PostgresServer.start());
  const store = await openPostgresStore({ address: server.address });
  await store.close();
});
after(() => resources.disposeAsync());

interface OpenedFiles extends AsyncDisposable {
  readonly files: PostgresFiles;
}

/** As one more process on the database does. */
async function opened(options: Partial<PostgresFilesOptions> = {}): Promise<OpenedFiles> {
  const files = await openPostgresFiles({
    ...{ address: server.address, clock: systemClock, random: systemRandom },
    ...options,
  });
  return { files, [Symbol.asyncDispose]: () => files.close() };
}

async function onEmpty(options: Partial<PostgresFilesOptions> = {}): Promise<OpenedFiles> {
  await server.query("DELETE FROM files");
  return opened(options);
}

/** As a process does that starts. */
async function sweep(): Promise<void> {
  const { files } = await opened();
  await files.close();
}

filesSuite("in PostgreSQL", (limits = {}) => onEmpty({ limits }), { skip });

function on(title: string, body: () => Promise<void>): void {
  test(`files in PostgreSQL: ${title}`, { skip }, body);
}

on("what one process adds or removes, another one sees at once", async () => {
  await using one = await onEmpty();
  await using other = await opened();
  const file = await added(one.files, firmware, ["power"]);
  assert.deepEqual(await other.files.file(file.id), file);
  assert.deepEqual(await other.files.files(), [file]);
  assert.equal(await read(other.files, file.id), "power");
  assert.equal(await other.files.remove(file.id), true);
  assert.equal(await one.files.file(file.id), undefined);
  assert.equal(await one.files.remove(file.id), false);
});

on("files are there again after a restart, in the order they came", async () => {
  const clock = new VirtualClock();
  const before = await onEmpty({ clock });
  const first = await added(before.files, firmware, ["first"]);
  await clock.advance(1_000);
  const second = await added(before.files, { name: "b", kind: "X", target: {} }, ["second"]);
  await before.files.close();
  await using again = await opened();
  assert.deepEqual(await again.files.files(), [first, second]);
});

on("a file of many pieces is read from any byte to any other", async () => {
  await using it = await onEmpty();
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
  const sliced = [content.subarray(0, 3), content.subarray(3, 270_000), content.subarray(270_000)];
  const result = await it.files.add(firmware, bytesOf(sliced));
  assert.equal(result.type, "added");
  const { id, sha256 } = result.file;
  assert.equal(sha256, createHash("sha256").update(content).digest("hex"));
  for (const [from, to] of [
    [0, 300_000],
    [262_143, 262_145],
    [262_144, 262_144],
    [65_535, 299_999],
  ] as const) {
    const found = [];
    for await (const piece of it.files.read(id, { from, to })) found.push(piece);
    assert.deepEqual(Buffer.concat(found), content.subarray(from, to));
    assert.ok(found.every(({ length }) => length <= 65_536));
  }
});

on("processes together keep to the limits, drafts counted", async () => {
  const limits = { maxFiles: 2, maxTotalBytes: 4 };
  await using one = await onEmpty({ limits });
  await using other = await opened({ limits });
  const growing = new PassingContent();
  const adding = one.files.add({ ...firmware, expected: { bytes: 3 } }, growing.content());
  await growing.begun;
  await added(other.files, firmware, ["x"]);
  assert.deepEqual(await other.files.add(firmware, pieces([])), { type: "refused", reason: "too-many" });
  growing.end("123");
  assert.equal((await adding).type, "added");
  await other.files.remove((await other.files.files())[0]?.id ?? assert.fail());
  assert.deepEqual(await other.files.add(firmware, pieces(["12"])), { type: "refused", reason: "full" });
});

on("a device may send less than a manager may add", async () => {
  await using it = await onEmpty({ limits: { maxFileBytes: 10, maxUploadBytes: 3 } });
  const device = parseDeviceKey("00D09E-Router-1");
  assert.ok(device);
  const result = await it.files.add({ ...firmware, device }, pieces(["1234"]));
  assert.deepEqual(result, { type: "refused", reason: "too-large" });
  await added(it.files, firmware, ["1234"]);
});

on("a file that is being read is read to its end though it is removed, by whichever process", async () => {
  const clock = new VirtualClock();
  await using one = await onEmpty();
  await using other = await opened({ clock });
  const { id, bytes } = await added(one.files, firmware, ["0123456789".repeat(60_000)]);
  let count = 0;
  for await (const piece of one.files.read(id)) {
    if (count === 0) await other.files.remove(id);
    count += piece.length;
    // Nobody else has touched it for long: it is read that keeps it.
    await server.query("UPDATE files SET touched_at = touched_at - 600000 WHERE state = 'removed'");
    await clock.advance(600_000);
  }
  assert.equal(count, bytes);
  await server.query("UPDATE files SET touched_at = touched_at - 900001");
  await sweep();
  assert.deepEqual(await server.query("SELECT number FROM file_pieces"), []);
});

on("what a process that was killed left is swept and takes no room, what it had added stays", async () => {
  await (await onEmpty()).files.close();
  const said = await saidUntilKilled();
  await server.query("UPDATE files SET touched_at = touched_at - 900001");
  await using it = await opened();
  const kept = new Map((await it.files.files()).map(({ id, sha256 }) => [String(id), sha256]));
  for (const [id, sha256] of said) assert.equal(kept.get(id), sha256);
  for (const [id, sha256] of kept) {
    const found = createHash("sha256");
    for await (const piece of it.files.read(fileNamed(id, await it.files.files()))) found.update(piece);
    assert.equal(found.digest("hex"), sha256);
  }
  assert.deepEqual(await server.query("SELECT id FROM files WHERE state <> 'whole'"), []);
});

on("a draft that is still being written is not swept", async () => {
  await using it = await onEmpty();
  const growing = new PassingContent();
  const adding = it.files.add(firmware, growing.content());
  await growing.begun;
  await sweep();
  growing.end("123");
  assert.equal((await adding).type, "added");
});

on("a server that is killed and comes again is ridden out by whoever adds and whoever reads", async () => {
  await using it = await onEmpty();
  const { id, bytes } = await added(it.files, firmware, ["x".repeat(2 * MEBIBYTE)]);
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    for (let piece = 0; piece < 8; piece += 1) {
      if (piece === 4) {
        await server.kill();
        setTimeout(() => void server.startAgain(), 500);
      }
      yield Buffer.alloc(MEBIBYTE / 2, piece);
    }
  };
  const result = await it.files.add(firmware, broken());
  assert.equal(result.type, "added");
  let count = 0;
  for await (const piece of it.files.read(id)) {
    if (count === 0) {
      await server.kill();
      setTimeout(() => void server.startAgain(), 500);
    }
    count += piece.length;
  }
  assert.equal(count, bytes);
  const whole = createHash("sha256");
  for await (const piece of it.files.read(result.file.id)) whole.update(piece);
  assert.equal(whole.digest("hex"), result.file.sha256);
});

on("a file whose pieces the server lost does not become whole", async () => {
  await using it = await onEmpty();
  const losing = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(MEBIBYTE);
    await server.query("DELETE FROM file_pieces WHERE number = 1");
    yield Buffer.from("end");
  };
  await assert.rejects(it.files.add(firmware, losing()), /pieces of the file .* were lost/);
  assert.deepEqual(await server.query("SELECT id FROM files"), []);
});

/** Content that begins at once and ends when the test says so. */
class PassingContent {
  readonly #begun = Promise.withResolvers<undefined>();
  readonly #end = Promise.withResolvers<string>();

  get begun(): Promise<undefined> {
    return this.#begun.promise;
  }

  async *content(): AsyncGenerator<Uint8Array> {
    this.#begun.resolve(undefined);
    yield Buffer.from(await this.#end.promise);
  }

  end(text: string): void {
    this.#end.resolve(text);
  }
}

async function* bytesOf(content: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* content;
}

function fileNamed(id: string, files: Awaited<ReturnType<PostgresFiles["files"]>>) {
  return files.find((file) => file.id === id)?.id ?? assert.fail(`there is no file ${id}`);
}

const ENOUGH = 5;

async function saidUntilKilled(): Promise<ReadonlyMap<string, string>> {
  const said = new Map<string, string>();
  const fixture = join(import.meta.dirname, "add-and-say.fixture.ts");
  const { database, port } = server.address;
  const adding = spawn(process.execPath, [fixture, database, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(adding, "exit");
  for await (const line of createInterface({ input: adding.stdout })) {
    const [id = "", sha256 = ""] = line.split(" ");
    said.set(id, sha256);
    if (said.size === ENOUGH) adding.kill("SIGKILL");
  }
  assert.deepEqual(await exited, [null, "SIGKILL"]);
  // Its connections end a moment after it.
  while (
    (
      await server.query(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'heliograph' AND state = 'active'",
      )
    ).length > 0
  )
    await passed(10);
  return said;
}
