import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "@heliograph/testkit";
import { Client } from "pg";
import { PostgresServer, whyNoPostgres } from "../../test/postgres-server.ts";
import { StoreBusyError, StoreFailedError } from "../ports/index.ts";
import {
  anEvent,
  at,
  connected,
  enrolled,
  enrolment,
  keyOf,
  opening,
} from "../ports/store-suite/store.fixture.ts";
import { storeSuite } from "../ports/store.suite.ts";
import { migrations } from "./migrations/migrate.ts";
import { openPostgresIn, type OwnDatabase, type TemporaryPostgresStore } from "./postgres.fixture.ts";
import { openPostgresStore, type PostgresStoreOptions } from "./postgres.ts";
import { StorePool, type OpenOptions } from "./store-pool.fixture.ts";

const skip = whyNoPostgres() ?? false;
const GUIDE = new URL("../../../../docs/guides/postgresql.md", import.meta.url);
const MIGRATE = fileURLToPath(new URL("./migrate-postgres.fixture.ts", import.meta.url));

const resources = new AsyncDisposableStack();
let server: PostgresServer;
before(async () => {
  if (skip !== false) return;
  server = resources.use(await PostgresServer.start());
  resources.defer(() => stores.close());
});
const stores = new StorePool(async (options?: OpenOptions) => openPostgresIn(await ownDatabase(), options));
after(() => resources.disposeAsync());

storeSuite((title, body) => {
  test(`PostgreSQL store: ${title}`, { skip }, body);
}, stores.open);

/** Declares a test on a store of its own. */
function on(
  title: string,
  body: (opened: TemporaryPostgresStore) => Promise<void>,
  options: Omit<PostgresStoreOptions, "address"> = {},
): void {
  test(`PostgreSQL store: ${title}`, { skip }, async () => {
    const opened = await openPostgresIn(await ownDatabase(), options);
    try {
      await body(opened);
    } finally {
      await opened.remove();
    }
  });
}

on("each commit is on the server's disk before it is acknowledged", async ({ store }) => {
  const { synchronousCommit, fsync, fullPageWrites } = await store.settings();
  assert.deepEqual({ synchronousCommit, fsync, fullPageWrites }, ON);
});

on("changes that wait together share a commit, at most 500 of them", async ({ store }) => {
  await Promise.all(Array.from({ length: 1_001 }, (_, index) => enrolled(store, String(index))));
  const { commits, changes, waiting } = store.figures;
  assert.deepEqual({ commits, changes, waiting }, { commits: 3, changes: 1_001, waiting: 0 });
});

on("heartbeats leave all indexes of their device alone", async ({ store, database }) => {
  const devices = Array.from({ length: 20 }, (_, index) => String(index));
  const keys = await Promise.all(devices.map((serialNumber) => enrolled(store, serialNumber)));
  for (let turn = 0; turn < 20; turn += 1) {
    const parameters = { "Device.DeviceInfo.": { UpTime: turn } };
    await Promise.all(
      keys.map(async (key) => {
        const change = opening(key, `c${turn}`, { at: at(turn), parameters });
        const opened = await store.commit("open-connection", change);
        assert.equal(opened.type, "opened");
        const { generation } = opened.device;
        await store.commit("close-connection", {
          key,
          connection: change.connection.id,
          generation,
          events: [],
        });
      }),
    );
  }
  await database.query("SELECT pg_stat_force_next_flush()");
  await store.close();
  const [counted] = await database.query(
    "SELECT sum(n_tup_upd)::int AS all, sum(n_tup_hot_upd)::int AS hot FROM pg_stat_user_tables WHERE relname = 'devices'",
  );
  const [all, hot] = [Number(counted?.["all"]), Number(counted?.["hot"])];
  assert.ok(all >= 800, `${all} changes of rows`);
  assert.ok(hot > all * 0.95, `${hot} of ${all} left the indexes alone`);
});

on("two stores on one database make their changes one after the other", async ({ store, database }) => {
  const other = await openPostgresStore({ address: database.address });
  try {
    const key = await enrolled(store, "1");
    const each = Array.from({ length: 200 }, (_, index) => {
      const asked = index % 2 === 0 ? store : other;
      return asked.commit("open-connection", opening(key, `c${index}`, { events: [anEvent(key, "boot")] }));
    });
    await Promise.all(each);
    assert.equal((await other.device(key))?.generation, 200);
    assert.equal((await store.events({ after: 0, limit: 1_000 })).length, 200);
  } finally {
    await other.close();
  }
});

on(
  "a store that is to be alone is opened by nobody else, until it is closed",
  async ({ store, database }) => {
    const alone = { address: database.address, isAlone: true, patienceMs: 0 };
    await assert.rejects(openPostgresStore(alone), /another server works on this database/);
    await store.close();
    const next = await openPostgresStore(alone);
    await next.close();
  },
  { isAlone: true },
);

on(
  "a store whose place another took while its connection was broken changes nothing any more, and says so",
  async ({ store, database }) => {
    const key = await enrolled(store, "1");
    const next = new Client(database.address);
    await next.connect();
    const taking = next.query("SELECT pg_advisory_lock(7549, hashtext('public'))");
    await database.query(
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7549 AND granted",
    );
    await taking;
    await assert.rejects(store.commit("open-connection", opening(key, "c1")), /another server works/);
    assert.equal((await store.device(key))?.generation, 0);
    await next.end();
    await connected(store, key, "c2");
  },
  { isAlone: true, patienceMs: 100 },
);

on("what has no place in PostgreSQL's text is kept as what cannot be shown", async ({ store }) => {
  const deviceId = { ...enrolment("1").deviceId, Manufacturer: "A\0B" };
  await store.commit("enrol-device", enrolment("1", { deviceId }));
  assert.equal((await store.device(keyOf("1")))?.deviceId.Manufacturer, "A\u{fffd}B");
});

on("of several programs that start at once one makes the schema", async ({ store, database }) => {
  await store.close();
  await database.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  const name = String(database.address.database);
  const programs = Array.from({ length: 4 }, () =>
    spawn(process.execPath, [MIGRATE, String(server.port), name], { stdio: ["ignore", "ignore", "inherit"] }),
  );
  await Promise.all(programs.map((program) => once(program, "exit")));
  assert.deepEqual(
    programs.map(({ exitCode }) => exitCode),
    [0, 0, 0, 0],
  );
  const versions = await database.query("SELECT version::int FROM migrations ORDER BY version");
  assert.deepEqual(
    versions.map(({ version }) => version),
    migrations.map(({ version }) => version),
  );
});

on("a schema from a later program is left alone", async ({ store, database }) => {
  await store.close();
  await database.query("INSERT INTO migrations (version, name) VALUES (9999, 'later')");
  await assert.rejects(openPostgresStore({ address: database.address }), /at schema version 9999/);
});

on(
  "a lock that somebody else holds is waited for, and then said",
  async ({ store, database }) => {
    await enrolled(store, "1");
    const holder = new Client(database.address);
    await holder.connect();
    await holder.query("BEGIN; LOCK TABLE devices");
    await assert.rejects(store.commit("enrol-device", enrolment("2")), StoreBusyError);
    await assert.rejects(store.device(keyOf("1")), StoreBusyError);
    await holder.end();
    await enrolled(store, "2");
    assert.notEqual(await store.device(keyOf("1")), undefined);
  },
  { lockMs: 200 },
);

on("a connection that the server ends is made anew, and nobody feels it", async ({ store, database }) => {
  const key = await enrolled(store, "1");
  for (let turn = 0; turn < 5; turn += 1) {
    const ended = database.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    const changes = Array.from({ length: 20 }, (_, index) =>
      store.commit("open-connection", opening(key, `c${turn}-${index}`)),
    );
    const [opened] = await Promise.all([Promise.all(changes), store.device(key), ended]);
    const generations = opened.map((each) => ("device" in each ? each.device.generation : 0));
    const [first = 0] = generations;
    assert.deepEqual(
      generations,
      Array.from({ length: 20 }, (_, index) => first + index),
    );
    // A commit whose answer was lost with the connection is made again, and comes to the same.
    const device = await store.device(key);
    assert.deepEqual([device?.connection?.id, device?.generation], [`c${turn}-19`, generations.at(-1)]);
  }
});

test("PostgreSQL store: the role and the database of the guide are enough", { skip }, async () => {
  const [, sql = ""] = /```sql\n(.*?)```/s.exec(readFileSync(GUIDE, "utf8")) ?? [];
  const statements = sql
    .replaceAll("heliograph", "guided")
    .split(";")
    .filter((each) => each.trim() !== "");
  assert.equal(statements.length, 2);
  for (const statement of statements) await server.query(statement);
  const address = { ...server.address, user: "guided", password: "secret", database: "guided" };
  const store = await openPostgresStore({ address });
  try {
    await enrolled(store, "1");
    assert.notEqual(await store.device(keyOf("1")), undefined);
  } finally {
    await store.close();
  }
});

test("PostgreSQL store: what cannot be opened says so", { skip }, async () => {
  const nowhere = { ...server.address, port: await freePort() };
  await assert.rejects(openPostgresStore({ address: nowhere, patienceMs: 0 }), StoreFailedError);
  const unknown = { ...server.address, database: "none" };
  await assert.rejects(openPostgresStore({ address: unknown }), /database "none" does not exist/);
});

const ON = { synchronousCommit: "on", fsync: "on", fullPageWrites: "on" };

let databases = 0;

async function ownDatabase(): Promise<OwnDatabase> {
  databases += 1;
  const name = `store${databases}`;
  return {
    address: await server.database(name),
    query: (sql) => server.query(sql, name),
    async remove() {
      await server.query(`DROP DATABASE ${name}`);
    },
  };
}
