import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceKey } from "@heliograph/protocol";
import { tempDir } from "@heliograph/testkit";
import { smallDisk } from "../../test/disk/small-disk.ts";
import { StoreFullError, type Log, type Store } from "../ports/index.ts";
import { anEvent, at, connected, enrolled, opening } from "../ports/store-suite/store.fixture.ts";
import { openSqliteStore } from "./sqlite.ts";

const MIB = 1024 * 1024;
/** Characters that a change must store; a smaller one may still find room. */
const LARGE = 20_000;

test("on a full disk changes are refused, reads go on, and it recovers alone", async (t) => {
  using disk = smallDisk(t, 4 * MIB);
  if (disk === undefined) return;
  const lines: string[] = [];
  const store = await openSqliteStore({ path: disk.file("store.db"), log: logInto(lines) });
  try {
    const key = await enrolled(store, "1");
    disk.fill();
    const kept = await fill(store, key);
    await readsGoOn(store, key, kept);
    assert.match(store.refusal ?? "", /^the disk of the store is full: /);
    disk.makeRoom();
    await connected(store, key, "after");
    assert.equal(store.refusal, undefined);
    assert.deepEqual(lines, [
      "the disk of the store is full: nothing can be changed before there is room on it",
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
