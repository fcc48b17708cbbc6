import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { DataInUseError } from "../src/main/data-lock.ts";
import { backUpData, restoreData } from "../src/main/store-copies.ts";
import { CopyError } from "../src/store/copies/copy-error.ts";
import { enrolOn, serveData, type ServedData } from "./served-data.ts";

const READ = { method: "GetParameterValues", params: { ParameterNames: ["Device.DeviceInfo."] } };
const REBOOT = { method: "Reboot", params: {} };
const FLEET = "public/fleet";

test("a store that is copied while the server works is put back as it was then, and says what it does not know", async () => {
  using folder = tempDir();
  const [data, copy] = [folder.file("data"), folder.file("copy.db")];
  const before = await useAndCopy(data, copy);
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  const restored = restoreData({ data }, copy);
  assert.equal(restored.unknown, 1);
  assert.ok(restored.setAside !== undefined && existsSync(restored.setAside));

  await using again = await serveData(data);
  const { client } = again;
  const { items } = await client.devices.list();
  assert.deepEqual(
    items.map(({ key }) => key),
    [before.device],
  );
  const reboot = await client.operations.get(before.reboot);
  assert.equal(reboot.state, "outcome-unknown");
  assert.equal((await client.operations.get(before.read)).state, "queued");
  const channel = await client.channels.get(FLEET);
  assert.notEqual(channel.epoch, before.epoch);
  assert.equal(channel.head, 1);
  assert.ok((await newestEvent(again, before.device)) > before.lastEvent);
});

test("a store is put into an empty folder as well, and needs the secret key that its devices' secrets are sealed with", async () => {
  using folder = tempDir();
  const [data, copy, other] = [folder.file("data"), folder.file("copy.db"), folder.file("other")];
  const before = await useAndCopy(data, copy);
  const restored = restoreData({ data: other }, copy);
  assert.equal(restored.setAside, undefined);
  await assert.rejects(serveData(other), /secret\.key is missing/);
  writeFileSync(`${other}/secret.key`, readFileSync(`${data}/secret.key`), { mode: 0o600 });
  await using server = await serveData(other);
  assert.equal((await server.client.devices.get(before.device)).approval, "approved");
});

test("a copy is of one moment, whatever is written meanwhile", async () => {
  using folder = tempDir();
  const data = folder.file("data");
  await using server = await serveData(data);
  await server.client.channels.set(FLEET, { history: { count: 1_000, bytes: 1_048_576 } });
  const publishing = Array.from({ length: 60 }, (_, number) =>
    server.client.channels.publish(FLEET, { Number: number }),
  );
  const heads: number[] = [];
  for (let copy = 0; copy < 4; copy += 1) {
    await publishing[copy * 12];
    backUpData({ data }, folder.file(`${copy}.db`));
    heads.push(consistentHead(folder.file(`${copy}.db`)));
  }
  await Promise.all(publishing);
  assert.deepEqual(
    heads,
    heads.toSorted((one, other) => one - other),
  );
  assert.ok((heads.at(-1) ?? 0) > 0);
});

test("while a server works on the data nothing is put in its place", async () => {
  using folder = tempDir();
  const [data, copy] = [folder.file("data"), folder.file("copy.db")];
  await using server = await serveData(data);
  backUpData({ data }, copy);
  assert.throws(() => restoreData({ data }, copy), DataInUseError);
  assert.deepEqual((await server.client.devices.list()).items, []);
});

test("a copy that is damaged, cut off, from a later program or no store at all is refused, and the store stays", async () => {
  using folder = tempDir();
  const [data, copy] = [folder.file("data"), folder.file("copy.db")];
  await useAndCopy(data, copy);
  const store = readFileSync(`${data}/heliograph.db`);
  const bytes = readFileSync(copy);
  const bad: Readonly<Record<string, (path: string) => void>> = {
    missing: () => undefined,
    empty: (path) => {
      writeFileSync(path, "");
    },
    text: (path) => {
      writeFileSync(path, "no database at all ".repeat(1_000));
    },
    "cut off": (path) => {
      writeFileSync(path, bytes.subarray(0, bytes.length - 3 * 4_096));
    },
    overwritten: (path) => {
      const damaged = Buffer.from(bytes);
      damaged.fill(0x5a, 2 * 4_096, 12 * 4_096);
      writeFileSync(path, damaged);
    },
    foreign: (path) => {
      change(path, "CREATE TABLE other (id INTEGER)");
    },
    later: (path) => {
      writeFileSync(path, bytes);
      change(path, "INSERT INTO migrations (version, name) VALUES (1000, 'of tomorrow')");
    },
  };
  for (const [how, make] of Object.entries(bad)) {
    const path = folder.file(`${how}.db`);
    make(path);
    assert.throws(() => restoreData({ data }, path), CopyError, how);
    assert.deepEqual(readFileSync(`${data}/heliograph.db`), store, how);
  }
  assert.ok(!readdirSync(data).some((name) => name.includes("draft") || name.includes("until")));
});

test("a copy takes no name that is taken, and of a store in PostgreSQL it says who makes one", async () => {
  using folder = tempDir();
  const data = folder.file("data");
  await using server = await serveData(data);
  writeFileSync(folder.file("taken"), "mine");
  assert.throws(() => backUpData({ data }, folder.file("taken")), /is there already/);
  assert.equal(readFileSync(folder.file("taken"), "utf8"), "mine");
  const database = { host: "127.0.0.1", port: 5432, user: "heliograph", database: "heliograph" };
  assert.throws(() => backUpData({ data, database }, folder.file("copy.db")), /pg_dump/);
  assert.throws(() => backUpData({ data: folder.file("nowhere") }, folder.file("copy.db")), /no store at/);
  assert.deepEqual((await server.client.devices.list()).items, []);
});

/** Work that is in the copy, and work that is not; the server has ended. */
async function useAndCopy(data: string, copy: string) {
  await using server = await serveData(data);
  const { client } = server;
  const device = await enrolOn(server, "COPIED");
  const read = await client.operations.create(device, READ);
  const reboot = await client.operations.create(device, REBOOT);
  const { epoch } = await client.channels.set(FLEET);
  await client.channels.publish(FLEET, { Text: "before" });
  const copied = backUpData({ data }, copy);
  assert.equal(copied.rows["devices"], 1);
  assert.equal(copied.rows["publications"], 1);
  await enrolOn(server, "TOO LATE");
  await client.channels.publish(FLEET, { Text: "after" });
  await client.operations.cancel(reboot.id);
  const lastEvent = await newestEvent(server, device);
  return { device, read: read.id, reboot: reboot.id, epoch, lastEvent };
}

async function newestEvent({ client }: ServedData, device: string): Promise<number> {
  const { items } = await client.devices.events(device, { limit: 1_000 });
  return Number(items.at(-1)?.id);
}

/** The channel's newest offset, with which all that is kept of the channel agrees. */
function consistentHead(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true });
  const row = db
    .prepare(
      "SELECT head, (SELECT count(*) FROM publications) AS kept, (SELECT max(channel_offset) FROM publications) AS newest FROM channels",
    )
    .get();
  db.close();
  assert.equal(row?.["kept"], row?.["head"]);
  assert.equal(row?.["newest"], row?.["head"]);
  return Number(row?.["head"]);
}

function change(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}
