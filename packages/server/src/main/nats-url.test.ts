import assert from "node:assert/strict";
import { test } from "node:test";
import { readNatsUrl } from "./nats-url.ts";

const read = [
  ["nats://localhost", { host: "localhost", port: 4222 }],
  ["nats://127.0.0.1:5222/", { host: "127.0.0.1", port: 5222 }],
  ["nats://[::1]:5222", { host: "::1", port: 5222 }],
  [
    "tls://acs:p%40ss@nats.example",
    { host: "nats.example", port: 4222, login: { user: "acs", password: "p@ss" }, tls: {} },
  ],
  ["tls://nats.example?ca=/etc/ca.pem", { host: "nats.example", port: 4222, tls: { ca: "/etc/ca.pem" } }],
] as const;
for (const [url, settings] of read) {
  test(`the bus of ${url}`, () => {
    assert.deepEqual(readNatsUrl(url), { ok: true, settings });
  });
}

const refused = [
  ["http://me:secret@localhost", /must be like tls:/],
  ["localhost:4222", /must be like tls:/],
  ["nats://", /must be like tls:|names no host/],
  ["nats://me:secret@localhost/subject", /more behind its port/],
  ["nats://secret@localhost", /both a user and a password/],
  ["nats://me:secret@localhost?ca=/etc/ca.pem", /ca without TLS/],
  ["tls://me:secret@localhost?tls=off", /unknown parameter "tls"/],
] as const;
for (const [url, problem] of refused) {
  test(`${url} is refused, without its password`, () => {
    const answer = readNatsUrl(url);
    assert.ok(!answer.ok);
    assert.match(answer.problem, problem);
    assert.doesNotMatch(answer.problem, /secret/);
  });
}
