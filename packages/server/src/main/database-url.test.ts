import assert from "node:assert/strict";
import { test } from "node:test";
import { isPrivate, readDatabaseUrl } from "./database-url.ts";
import { isLoopback } from "./settings.ts";

const read = [
  ["postgres://localhost/acs", { host: "localhost", port: 5432, database: "acs" }],
  [
    "postgresql://me:p%40ss@db.example:6432/acs?sslmode=verify-full",
    { host: "db.example", port: 6432, database: "acs", user: "me", password: "p@ss", tls: {} },
  ],
  [
    "postgres://db.example/acs?sslmode=verify-full&sslrootcert=/etc/ca.pem",
    { host: "db.example", port: 5432, database: "acs", tls: { rootCert: "/etc/ca.pem" } },
  ],
  ["postgres://[::1]/acs", { host: "::1", port: 5432, database: "acs" }],
  ["postgres:///acs?host=/run/postgresql", { host: "/run/postgresql", port: 5432, database: "acs" }],
] as const;
for (const [url, settings] of read) {
  test(`the database of ${url}`, () => {
    assert.deepEqual(readDatabaseUrl(url), { ok: true, settings });
  });
}

const refused = [
  ["mysql://me:secret@localhost/acs", /must be like postgres:/],
  ["localhost", /must be like postgres:/],
  ["postgres://me:secret@localhost/", /names no database/],
  ["postgres://me:secret@localhost/a/b", /names no database/],
  ["postgres:///acs", /names no host/],
  ["postgres://me:secret@db/acs?sslmode=require", /sslmode=verify-full/],
  ["postgres://me:secret@db/acs?sslmode=prefer", /sslmode=verify-full/],
  ["postgres://me:secret@db/acs?pool=9", /unknown parameter "pool"/],
] as const;
for (const [url, problem] of refused) {
  test(`${url} is refused, without its password`, () => {
    const answer = readDatabaseUrl(url);
    assert.ok(!answer.ok);
    assert.match(answer.problem, problem);
    assert.doesNotMatch(answer.problem, /secret/);
  });
}

test("what is said to a database stays on this machine, or has TLS", () => {
  const isSafe = (url: string): boolean => {
    const answer = readDatabaseUrl(url);
    assert.ok(answer.ok);
    return isPrivate(answer.settings, isLoopback);
  };
  assert.ok(isSafe("postgres://127.0.0.1/acs"));
  assert.ok(isSafe("postgres:///acs?host=/run/postgresql"));
  assert.ok(isSafe("postgres://db/acs?sslmode=verify-full"));
  assert.ok(!isSafe("postgres://db/acs"));
  assert.ok(!isSafe("postgres://db/acs?sslmode=disable"));
});
