import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { tempDir } from "@heliograph/testkit";
import { StoreFailedError } from "../ports/index.ts";
import {
  accepted,
  asking,
  at,
  claiming,
  connected,
  enrolled,
  getValues,
  keyOf,
  opening,
  outcome,
} from "../ports/store-suite/store.fixture.ts";
import { storeSuite } from "../ports/store.suite.ts";
import { commitsInLog } from "./commits-in-log.fixture.ts";
import { openTemporaryStore, type TemporaryStore } from "./sqlite.fixture.ts";
import { openSqliteStore } from "./sqlite.ts";
import { StorePool } from "./store-pool.fixture.ts";
import { watchLogins } from "./watch-logins.fixture.ts";

const stores = new StorePool(async (options) => watchLogins(await openTemporaryStore(options)));
after(() => stores.close());

storeSuite((title, body) => {
  test(`sqlite store: ${title}`, body);
}, stores.open);

/** Declares a test on a store of its own. */
function on(title: string, body: (opened: TemporaryStore) => Promise<void>): void {
  test(`sqlite store: ${title}`, async () => {
    const opened = await openTemporaryStore();
    try {
      await body(opened);
    } finally {
      await opened.remove();
    }
  });
}

on("it writes ahead to a log, and syncs each commit", async ({ store }) => {
  const { journalMode, synchronous, foreignKeys, busyTimeoutMs } = await store.settings();
  assert.deepEqual(
    { journalMode, synchronous, foreignKeys, busyTimeoutMs },
    { journalMode: "wal", synchronous: 2, foreignKeys: true, busyTimeoutMs: 5_000 },
  );
});

on("changes that wait together share a commit, at most 500 of them", async ({ store, path }) => {
  const before = commitsInLog(path);
  await Promise.all(Array.from({ length: 1_001 }, (_, index) => enrolled(store, String(index))));
  assert.deepEqual(store.figures, { commits: 3, changes: 1_001, waiting: 0 });
  assert.equal(commitsInLog(path) - before, 3);
});

on("a change that nobody waits with is a commit of its own", async ({ store, path }) => {
  const before = commitsInLog(path);
  for (let turn = 1; turn <= 5; turn += 1) await enrolled(store, String(turn));
  assert.equal(store.figures.commits, 5);
  assert.equal(commitsInLog(path) - before, 5);
});

on("a heartbeat touches none of the parameters that were learned", async ({ store, path }) => {
  const key = await enrolled(store, "1");
  const pair = await connected(store, key, "c1");
  await accepted(store, asking(key, "a"));
  await store.commit("claim-call", claiming(key, "a", { pair, call: "1" }));
  const lesson = { at: at(20), values: { "Device.WiFi.Radio.1.": { Channel: 36 } } };
  await store.commit("record-outcome", outcome(key, "a", { ...pair, call: "1", lesson }));
  forbidWriting(path, "parameters");
  const parameters = { "Device.WiFi.Radio.1.": { Channel: 40 } };
  await store.commit("open-connection", opening(key, "c2", { at: at(30), parameters }));
  assert.deepEqual(await store.parameters(key, ""), {
    "Device.WiFi.Radio.1.": { Channel: { value: 40, at: at(30) } },
  });
});

on("what is read of an operation is of one moment, whatever is committed meanwhile", async ({ store }) => {
  const key = await enrolled(store, "1");
  const pair = await connected(store, key, "c1");
  const turns = 50;
  const { id } = await accepted(
    store,
    asking(key, "a", { rpcs: Array.from({ length: turns }, () => getValues) }),
  );
  const torn: string[] = [];
  let isOver = false;
  const watch = async (): Promise<void> => {
    while (!isOver) {
      const operation = await store.operation(id);
      const called = operation?.claim?.callId;
      const answered = String(operation?.outcomes.length);
      if (called !== undefined && called !== answered) torn.push(`call ${called} after ${answered} outcomes`);
      await setImmediate();
    }
  };
  const watching = watch();
  for (let turn = 0; turn < turns; turn += 1) {
    const call = String(turn);
    await store.commit("claim-call", claiming(key, "a", { pair, call }));
    await store.commit("record-outcome", outcome(key, "a", { ...pair, call }));
  }
  isOver = true;
  await watching;
  assert.deepEqual(torn, []);
});

on("the file is for its owner alone, and so is what lies beside it", async ({ store, path }) => {
  await enrolled(store, "1");
  const modes = [path, `${path}-wal`, `${path}-shm`].map((file) => statSync(file).mode & 0o777);
  assert.deepEqual(modes, [0o600, 0o600, 0o600]);
});

on("a store that is read by another program at the same time goes on", async ({ store, path }) => {
  const other = new DatabaseSync(path, { readOnly: true });
  try {
    other.exec("BEGIN");
    other.prepare("SELECT count(*) FROM devices").get();
    await Promise.all(Array.from({ length: 200 }, (_, index) => enrolled(store, String(index))));
    assert.notEqual(await store.device(keyOf("199")), undefined);
  } finally {
    other.close();
  }
});

test("sqlite store: what cannot be opened says so", async () => {
  using directory = tempDir();
  await assert.rejects(openSqliteStore({ path: directory.file("none/store.db") }), StoreFailedError);
  writeFileSync(directory.file("letter"), "This is a letter and no database. ".repeat(100));
  await assert.rejects(openSqliteStore({ path: directory.file("letter") }), StoreFailedError);
});

/** From now on every writing to the table fails. */
function forbidWriting(path: string, table: string): void {
  const db = new DatabaseSync(path);
  try {
    for (const change of ["INSERT", "UPDATE", "DELETE"]) {
      db.exec(
        `CREATE TRIGGER no_${change} BEFORE ${change} ON ${table} BEGIN SELECT RAISE(ABORT, 'touched'); END`,
      );
    }
  } finally {
    db.close();
  }
}
