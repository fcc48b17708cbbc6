import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { tempDir, type TempDir } from "@heliograph/testkit";
import type { DeviceKey } from "@heliograph/protocol";
import { StoreFullError, type Log, type Store } from "../ports/index.ts";
import { anEvent, at, connected, enrolled, opening } from "../ports/store-suite/store.fixture.ts";
import { openSqliteStore } from "./sqlite.ts";

const MIB = 1024 * 1024;
/** Characters that a change must store; a smaller one may still find room. */
const LARGE = 20_000;

test("on a full disk changes are refused, reads go on, and it recovers alone", async (t) => {
  using disk = smallDisk(4 * MIB);
  if (disk === undefined) {
    t.skip("this user may not mount a small disk");
    return;
  }
  writeFileSync(disk.file("filler"), Buffer.alloc(2 * MIB));
  const lines: string[] = [];
  const store = await openSqliteStore({ path: disk.file("store.db"), log: logInto(lines) });
  try {
    const key = await enrolled(store, "1");
    const kept = await fill(store, key);
    await readsGoOn(store, key, kept);
    rmSync(disk.file("filler"));
    await connected(store, key, "after");
    assert.deepEqual(lines, [
      "the store is full: changes are refused until there is room",
      "the store takes changes again",
    ]);
    assert.equal((await store.device(key))?.connection?.id, "after");
    assert.equal((await store.events({ after: 0, limit: 1_000 })).length, kept);
  } finally {
    await store.close();
  }
});

test("a store that may grow no further refuses changes until something was pruned", async () => {
  using directory = tempDir();
  const store = await openSqliteStore({ path: directory.file("store.db"), maxBytes: 2 * MIB });
  try {
    const key = await enrolled(store, "1");
    const kept = await fill(store, key);
    await readsGoOn(store, key, kept);
    const retention = { eventsBefore: at(1_000), operationsEndedBefore: 0, auditBefore: 0, maxEvents: 1_000 };
    await store.commit("prune", { ...retention, limit: 1_000 });
    assert.ok((await fill(store, key)) > 1);
  } finally {
    await store.close();
  }
});

test("of changes that wait together on a disk that fills up, those that fit are kept and the others refused", async () => {
  using directory = tempDir();
  const store = await openSqliteStore({ path: directory.file("store.db"), maxBytes: MIB });
  try {
    const key = await enrolled(store, "1");
    const changes = Array.from({ length: 40 }, (_, index) =>
      store.commit("open-connection", told(key, index, 60_000)),
    );
    const settled = await Promise.allSettled(changes);
    const made = settled.filter(({ status }) => status === "fulfilled").length;
    const refused = settled.filter((each) => each.status === "rejected");
    assert.ok(made > 0 && refused.length > 0);
    assert.ok(refused.every(({ reason }) => reason instanceof StoreFullError));
    assert.equal((await store.events({ after: 0, limit: 1_000 })).length, made);
    assert.equal((await store.device(key))?.generation, made);
  } finally {
    await store.close();
  }
});

/** Stores events until no more fit, and gives how many did. */
async function fill(store: Store, key: DeviceKey): Promise<number> {
  for (let count = 0; count < 1_000; count += 1) {
    try {
      await store.commit("open-connection", told(key, count, LARGE));
    } catch (error) {
      assert.ok(error instanceof StoreFullError, String(error));
      return count;
    }
  }
  throw new Error("the disk never filled up");
}

function logInto(lines: string[]): Log {
  const write = (event: string): void => {
    lines.push(event);
  };
  return { info: write, warn: write, error: write };
}

let connections = 0;

function told(key: DeviceKey, index: number, chars: number) {
  connections += 1;
  const event = anEvent(key, "boot", { data: { index, text: "x".repeat(chars) } });
  return opening(key, `c${connections}`, { events: [event] });
}

async function readsGoOn(store: Store, key: DeviceKey, kept: number): Promise<void> {
  await assert.rejects(store.commit("open-connection", told(key, 0, LARGE)), StoreFullError);
  assert.equal((await store.device(key))?.generation, kept);
  assert.equal((await store.events({ after: 0, limit: 1_000 })).length, kept);
  assert.deepEqual(await store.openOperations(key), []);
}

/** A disk in memory; undefined where this user may not mount one. */
function smallDisk(bytes: number): TempDir | undefined {
  const directory = tempDir();
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", directory.path]);
  if (mount.status !== 0) {
    directory[Symbol.dispose]();
    return undefined;
  }
  return {
    ...directory,
    [Symbol.dispose]() {
      spawnSync("umount", [directory.path]);
      directory[Symbol.dispose]();
    },
  };
}
