import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { certificateFiles, certificatePair, DEVICES_CA } from "../../test/certificates.ts";
import { PostgresServer, whyNoPostgres } from "../../test/postgres-server.ts";
import { openPostgresStore } from "../store/postgres.ts";
import { readDatabaseUrl } from "./database-url.ts";
import { postgresAddress } from "./postgres-address.ts";
import { SettingError } from "./settings.ts";

const skip = whyNoPostgres() ?? false;
const ROOT = certificateFiles("acs").cert;

const resources = new AsyncDisposableStack();
let server: PostgresServer;
before(async () => {
  if (skip === false) server = resources.use(await PostgresServer.startWithTls(certificatePair("acs")));
});
after(() => resources.disposeAsync());

test("with sslmode=verify-full what is said to the database has TLS", { skip }, async () => {
  const store = await open(`127.0.0.1:${server.port}`, `sslmode=verify-full&sslrootcert=${ROOT}`);
  try {
    assert.deepEqual(new Set(await encrypted()), new Set([true]));
  } finally {
    await store.close();
  }
});

test("without sslmode it has none", { skip }, async () => {
  const store = await open(`127.0.0.1:${server.port}`);
  try {
    assert.deepEqual(new Set(await encrypted()), new Set([false]));
  } finally {
    await store.close();
  }
});

test("a server that its authorities do not vouch for is told nothing", { skip }, async () => {
  const asked = open(`127.0.0.1:${server.port}`, `sslmode=verify-full&sslrootcert=${DEVICES_CA}`);
  await assert.rejects(asked, /cannot open the store in PostgreSQL: .*certificate/);
});

test("nor is one whose certificate is for another name", { skip }, async () => {
  const asked = open(`localhost:${server.port}`, `sslmode=verify-full&sslrootcert=${ROOT}`);
  await assert.rejects(asked, /cannot open the store in PostgreSQL: .*localhost/);
});

test("authorities that cannot be read are said", () => {
  assert.throws(() => address("db", "sslmode=verify-full&sslrootcert=/none.pem"), SettingError);
});

function open(authority: string, parameters = "") {
  return openPostgresStore({ address: address(authority, parameters), patienceMs: 0 });
}

function address(authority: string, parameters: string) {
  const url = readDatabaseUrl(`postgres://heliograph@${authority}/postgres?${parameters}`);
  assert.ok(url.ok);
  return postgresAddress(url.settings);
}

/** Whether each connection of the store has TLS. */
async function encrypted(): Promise<readonly boolean[]> {
  const rows = await server.query(
    "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'heliograph'",
  );
  return rows.map(({ ssl }) => ssl === true);
}
