import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { setImmediate, setTimeout as passed } from "node:timers/promises";
import { smallDisk } from "../../test/disk/small-disk.ts";
import { PostgresServer, whyNoPostgres } from "../../test/postgres-server.ts";
import { StoreBusyError, StoreFullError, type Log, type Store } from "../ports/index.ts";
import {
  anEvent,
  connected,
  enrolled,
  enrolment,
  keyOf,
  opening,
} from "../ports/store-suite/store.fixture.ts";
import { openPostgresStore } from "./postgres.ts";

const skip = whyNoPostgres() ?? false;
const KILLS = 4;
const WRITERS = 32;

test("what was acknowledged is there after every process of PostgreSQL was killed", { skip }, async () => {
  await using server = await PostgresServer.start();
  const store = await openPostgresStore({ address: server.address });
  try {
    const ledger = new Ledger(store);
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await ledger.reaches(kill * 200);
      await server.kill();
      await server.startAgain();
    }
    await ledger.close();
    assert.deepEqual(ledger.failures, []);
    await assertKept(store, ledger.acknowledged);
  } finally {
    await store.close();
  }
});

test(
  "a restart of PostgreSQL is ridden out: nothing fails, whatever was asked meanwhile",
  { skip },
  async () => {
    await using server = await PostgresServer.start();
    const store = await openPostgresStore({ address: server.address });
    try {
      const key = await enrolled(store, "0");
      const ledger = new Ledger(store);
      await ledger.reaches(100);
      await server.stop();
      const asked = [store.device(key), store.devices({ limit: 1 }), store.login(key)];
      const changed = store.commit("open-connection", opening(key, "c1"));
      await server.startAgain();
      assert.deepEqual(
        (await Promise.all(asked)).filter((answer) => answer === undefined),
        [],
      );
      assert.equal((await changed).type, "opened");
      await ledger.reaches(ledger.acknowledged.length + 100);
      await ledger.close();
      assert.deepEqual(ledger.failures, []);
      await assertKept(store, ledger.acknowledged);
    } finally {
      await store.close();
    }
  },
);

test(
  "a database that stays away is said, to those that wait and in the log, until it is back",
  { skip },
  async () => {
    await using server = await PostgresServer.start();
    const lines: string[] = [];
    const store = await openPostgresStore({ address: server.address, patienceMs: 300, log: logInto(lines) });
    try {
      const key = await enrolled(store, "1");
      await server.stop();
      await assert.rejects(store.commit("open-connection", opening(key, "c1")), StoreBusyError);
      await assert.rejects(store.device(key), StoreBusyError);
      assert.match(store.refusal ?? "", /cannot be reached/);
      await server.startAgain();
      await connected(store, key, "c2");
      assert.equal(store.refusal, undefined);
      assert.match(
        lines.join("\n"),
        /^the database of the store cannot be reached .*\nthe store takes changes again$/,
      );
    } finally {
      await store.close();
    }
  },
);

test(
  "while the database is away only so many changes wait, and only so many questions",
  { skip },
  async () => {
    await using server = await PostgresServer.start();
    const store = await openPostgresStore({ address: server.address, maxWaiting: 10 });
    try {
      await enrolled(store, "0");
      await server.stop();
      const first = store.commit("enrol-device", enrolment("1"));
      await setImmediate();
      await setImmediate();
      const changes = Array.from({ length: 15 }, (_, index) =>
        store.commit("enrol-device", enrolment(String(index + 2))),
      );
      const questions = Array.from({ length: 15 }, () => store.device(keyOf("0")));
      const settling = Promise.all([Promise.allSettled(changes), Promise.allSettled(questions)]);
      await server.startAgain();
      await first;
      for (const settled of await settling) {
        const refused = settled.filter((each) => each.status === "rejected");
        assert.equal(refused.length, 5);
        assert.ok(refused.every(({ reason }) => reason instanceof StoreBusyError));
      }
    } finally {
      await store.close();
    }
  },
);

test("on a full disk changes are refused, reads go on, and it recovers alone", { skip }, async (t) => {
  using disk = smallDisk(t, 24 * 1024 * 1024);
  if (disk === undefined) return;
  await using server = await PostgresServer.start();
  server.giveFolder(disk.path);
  await server.query(`CREATE TABLESPACE small LOCATION '${disk.path}'`);
  await server.query("CREATE DATABASE full_disk TABLESPACE small");
  const lines: string[] = [];
  const address = { ...server.address, database: "full_disk" };
  const store = await openPostgresStore({ address, log: logInto(lines) });
  try {
    const key = await enrolled(store, "1");
    disk.fill();
    const kept = await fill(store);
    await assert.rejects(store.commit("open-connection", told("refused")), StoreFullError);
    assert.equal((await store.device(key))?.generation, kept);
    assert.match(store.refusal ?? "", /^the disk of the store is full: /);
    disk.makeRoom();
    await connected(store, key, "after");
    assert.equal(store.refusal, undefined);
    assert.equal((await store.events({ after: 0, limit: 1_000 })).length, kept);
    assert.deepEqual(lines.slice(-1), ["the store takes changes again"]);
  } finally {
    await store.close();
  }
});

/** Enrols devices without end, and writes down which of them the store acknowledged. */
class Ledger {
  readonly acknowledged: string[] = [];
  readonly failures: string[] = [];
  readonly #store: Store;
  readonly #writing: Promise<unknown>;
  #next = 1;
  #isOver = false;

  constructor(store: Store) {
    this.#store = store;
    this.#writing = Promise.all(Array.from({ length: WRITERS }, () => this.#write()));
  }

  /** Resolves once so many were acknowledged. */
  async reaches(count: number): Promise<void> {
    while (this.acknowledged.length < count && this.failures.length === 0) await passed(1);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (!this.#isOver) {
      const serialNumber = `w${this.#next}`;
      this.#next += 1;
      try {
        await this.#store.commit("enrol-device", enrolment(serialNumber));
        this.acknowledged.push(serialNumber);
      } catch (error) {
        this.failures.push(String(error));
        return;
      }
    }
  }
}

async function assertKept(store: Store, serialNumbers: readonly string[]): Promise<void> {
  const known = await Promise.all(
    serialNumbers.map(async (serialNumber) => (await store.device(keyOf(serialNumber))) !== undefined),
  );
  const lost = serialNumbers.filter((_, index) => known[index] !== true);
  assert.deepEqual(lost, []);
}

/** Stores events until no more fit, and gives how many did. */
async function fill(store: Store): Promise<number> {
  for (let count = 0; count < 1_000; count += 1) {
    try {
      await store.commit("open-connection", told(`c${count}`));
    } catch (error) {
      assert.ok(error instanceof StoreFullError, String(error));
      return count;
    }
  }
  throw new Error("the disk never filled up");
}

/** More than a page, in text that no compression makes short. */
function told(connection: string) {
  const key = keyOf("1");
  const text = randomBytes(15_000).toString("base64");
  return opening(key, connection, { events: [anEvent(key, "boot", { data: { text } })] });
}

function logInto(lines: string[]): Log {
  const write = (event: string): void => {
    lines.push(event);
  };
  return { info: write, warn: write, error: write };
}
