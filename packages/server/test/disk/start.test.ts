import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { tempDir, type TempDir } from "@heliograph/testkit";
import { startServer } from "../../src/main/server.ts";
import { readSettings } from "../../src/main/settings.ts";
import { smallDisk } from "./small-disk.ts";

const MIB = 1024 * 1024;

/** Starts the ACS on the folder, and stops it at once. */
async function startBriefly(folder: TempDir): Promise<void> {
  const flags = { data: folder.file("data"), southbound: "127.0.0.1:0", northbound: "127.0.0.1:0" };
  const server = await startServer(readSettings({ flags, environment: {}, file: {} }));
  await server.close();
}

/** It does not start, and says in a sentence why and what helps. */
async function refusesToStart(folder: TempDir, name: string, message: RegExp): Promise<void> {
  await assert.rejects(startBriefly(folder), (error: unknown) => {
    assert.ok(error instanceof Error && "code" in error);
    assert.equal(error.name, name);
    assert.match(error.message, message);
    return true;
  });
}

test("on a read-only disk the ACS says at its start that nothing can be written, and starts once it can", async (t) => {
  using disk = smallDisk(t, 16 * MIB);
  if (disk === undefined) return;
  disk.remount("ro");
  const refusal = /^nothing can be written into the data folder .*data: see that its disk takes writes/;
  await refusesToStart(disk, "DataFolderError", refusal);
  disk.remount("rw");
  await startBriefly(disk);
  disk.remount("ro");
  await refusesToStart(disk, "DataFolderError", refusal);
  disk.remount("rw");
  await startBriefly(disk);
});

test("on a full disk the ACS says at its first start that there is no room, and starts once there is", async (t) => {
  using disk = smallDisk(t, 16 * MIB);
  if (disk === undefined) return;
  disk.fill();
  await refusesToStart(disk, "DataFolderError", /^the data folder .* see that its disk has room/);
  disk.makeRoom();
  await startBriefly(disk);
});

test("a store that is damaged is said at the start, and no byte of it changes", async () => {
  using folder = tempDir();
  await startBriefly(folder);
  const path = folder.file("data/heliograph.db");
  const sound = readFileSync(path);
  for (const damaged of [Buffer.from("no store at all".repeat(500)), Buffer.alloc(sound.length, 0xff)]) {
    writeFileSync(path, damaged);
    await refusesToStart(
      folder,
      "StoreFailedError",
      /^cannot open the store at .*: it is damaged, or no store at all/,
    );
    assert.deepEqual(readFileSync(path), damaged);
    assert.deepEqual(
      readdirSync(folder.file("data")).filter((file) => /-wal$|-shm$/.test(file)),
      [],
    );
  }
  writeFileSync(path, sound);
  await startBriefly(folder);
});

test("a store that another program holds is waited for a while, then said at the start", async () => {
  using folder = tempDir();
  await startBriefly(folder);
  const holder = new DatabaseSync(folder.file("data/heliograph.db"));
  holder.exec("BEGIN IMMEDIATE");
  await refusesToStart(
    folder,
    "StoreFailedError",
    /^cannot open the store at .*: another program holds it: stop that one$/,
  );
  holder.exec("ROLLBACK");
  holder.close();
  await startBriefly(folder);
});
