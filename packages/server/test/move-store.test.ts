import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { DataInUseError } from "../src/main/data-lock.ts";
import { moveData } from "../src/main/store-copies.ts";
import { SettingError } from "../src/main/settings.ts";
import { CopyError } from "../src/store/copies/copy-error.ts";
import type { MoveProgress } from "../src/store/copies/moved-table.ts";
import { PostgresServer, whyNoPostgres } from "./postgres-server.ts";
import { enrolOn, serveData } from "./served-data.ts";

const skip = whyNoPostgres() ?? false;
const READ = { method: "GetParameterValues", params: { ParameterNames: ["Device.DeviceInfo."] } };
const MANY = 1_200;
const FIRMWARE = Buffer.alloc(600_000, "firmware");

test(
  "a store moves from its file into PostgreSQL whole, and the server goes on where it was",
  { skip },
  async () => {
    using folder = tempDir();
    await using database = await PostgresServer.start();
    const data = folder.file("data");
    const before = await use(data);
    // What devices say is theirs: quotes, other alphabets, and what PostgreSQL's text cannot hold.
    change(data, `UPDATE devices SET manufacturer = 'Ä "quoted" \\ 漢 ' || char(0) || ' end'`);
    const told: MoveProgress[] = [];
    const moved = await moveData({ data, insecure: false }, database.url, (progress) => told.push(progress));

    const rowsOf = (table: string) => moved.find((each) => each.table === table)?.rows;
    assert.equal(rowsOf("devices"), 1);
    assert.ok(countOf(data, "audit") > MANY);
    assert.equal(rowsOf("audit"), countOf(data, "audit"));
    assert.ok(moved.every(({ checksum }) => /^[0-9a-f]{64}$/.test(checksum)));
    assert.ok(told.some(({ table, rows, of }) => table === "audit" && rows === 500 && of >= MANY));
    assert.equal(rowsOf("files"), 2);
    rmSync(folder.file("data/files"), { recursive: true });

    await using server = await serveData(data, { "database-url": database.url });
    const { client } = server;
    const device = await client.devices.get(before.device);
    assert.equal(device.deviceId.Manufacturer, 'Ä "quoted" \\ 漢 \u{fffd} end');
    assert.equal((await client.operations.get(before.read)).state, "queued");
    assert.deepEqual((await client.files.list()).items, before.files);
    const [firmware] = before.files;
    const content = await client.files.content(firmware?.id ?? "");
    assert.deepEqual(Buffer.from(await content.arrayBuffer()), FIRMWARE);
    const later = await client.operations.create(before.device, READ);
    const { items } = await client.devices.events(before.device, { limit: 1_000 });
    const newest = items.find(({ operation }) => operation === later.id);
    assert.ok(Number(newest?.id) > before.lastEvent, "ids of events go on");
  },
);

test(
  "a database that has a store is left as it is, and a move that broke off can be made again",
  { skip },
  async () => {
    using folder = tempDir();
    await using database = await PostgresServer.start();
    const data = folder.file("data");
    await use(data);
    const silent = (): void => undefined;
    const breaking = moveData({ data, insecure: false }, database.url, ({ table }) => {
      if (table === "operations") throw new Error("the power failed");
    });
    await assert.rejects(breaking, /the power failed/);
    // Files come first, and are not carried twice.
    assert.equal((await database.query("SELECT id FROM files WHERE state = 'whole'")).length, 2);
    const [nothing] = await database.query("SELECT count(*)::int AS devices FROM devices");
    assert.equal(nothing?.["devices"], 0);
    await moveData({ data, insecure: false }, database.url, silent);
    await assert.rejects(moveData({ data, insecure: false }, database.url, silent), (error: unknown) => {
      assert.ok(error instanceof CopyError);
      assert.match(error.message, /has a store already/);
      return true;
    });
    const [one] = await database.query("SELECT count(*)::int AS devices FROM devices");
    assert.equal(one?.["devices"], 1);
  },
);

test("a file that is damaged does not move, nor does anything else", { skip }, async () => {
  using folder = tempDir();
  await using database = await PostgresServer.start();
  const data = folder.file("data");
  const { files } = await use(data);
  writeFileSync(folder.file(`data/files/${files[0]?.id}/content`), "of another");
  await assert.rejects(
    moveData({ data, insecure: false }, database.url, () => undefined),
    (error: unknown) => {
      assert.ok(error instanceof CopyError);
      assert.match(error.message, /the file [0-9a-f]{16}, .* is damaged/);
      return true;
    },
  );
  const [nothing] = await database.query("SELECT count(*)::int AS devices FROM devices");
  assert.equal(nothing?.["devices"], 0);
});

test("nothing moves while a server works on the data, or over a network that may listen in", async () => {
  using folder = tempDir();
  const data = folder.file("data");
  await using server = await serveData(data);
  const silent = (): void => undefined;
  await assert.rejects(
    moveData({ data, insecure: false }, "postgres://127.0.0.1/heliograph", silent),
    DataInUseError,
  );
  const far = "postgres://heliograph@db.example/heliograph";
  await assert.rejects(moveData({ data, insecure: false }, far, silent), SettingError);
  assert.deepEqual((await server.client.devices.list()).items, []);
});

/** A store with a device, work for it, and more rows of audit than go in one statement; the server has ended. */
async function use(data: string) {
  await using server = await serveData(data);
  const device = await enrolOn(server, "MOVED");
  const read = await server.client.operations.create(device, READ);
  const { items } = await server.client.devices.events(device, { limit: 1_000 });
  await server.client.files.add({ name: "router 2.1.bin", version: "2.1" }, FIRMWARE);
  await server.client.files.add({ name: "empty", manufacturer: "Acme" }, Buffer.alloc(0));
  const { items: files } = await server.client.files.list();
  change(
    data,
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})
     INSERT INTO audit (at, manager, action, detail) SELECT 1767225600000 + i, 'ann', 'create-token', '{}' FROM n`,
  );
  return { device, read: read.id, files, lastEvent: Number(items.at(-1)?.id) };
}

function change(data: string, sql: string): void {
  const db = new DatabaseSync(`${data}/heliograph.db`, { timeout: 5_000 });
  db.exec(sql);
  db.close();
}

function countOf(data: string, table: string): number {
  const db = new DatabaseSync(`${data}/heliograph.db`, { readOnly: true });
  const row = db.prepare(`SELECT count(*) AS rows FROM ${table}`).get();
  db.close();
  return Number(row?.["rows"]);
}
