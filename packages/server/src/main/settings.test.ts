import assert from "node:assert/strict";
import { test } from "node:test";
import { authority, isLoopback, readSettings, SettingError, type SettingSources } from "./settings.ts";

function read(sources: Partial<SettingSources> = {}): ReturnType<typeof readSettings> {
  return readSettings({ flags: {}, environment: {}, file: {}, ...sources });
}

test("without a word, devices connect on every address and managers on loopback only", () => {
  const settings = read();
  assert.deepEqual(settings.southbound, { host: "::", port: 7547 });
  assert.deepEqual(settings.northbound, { host: "127.0.0.1", port: 8080 });
  assert.equal(settings.openEnrolment, "loopback");
});

test("a flag beats the environment, which beats the file", () => {
  const file = { data: "file" };
  const environment = { HELIOGRAPH_DATA: "environment" };
  assert.equal(read({ file }).data, "file");
  assert.equal(read({ file, environment }).data, "environment");
  assert.equal(read({ file, environment, flags: { data: "flag" } }).data, "flag");
});

test("the northbound refuses to leave loopback without TLS, unless told so", () => {
  const flags = { northbound: "0.0.0.0:8080" };
  assert.throws(() => read({ flags }), /without TLS.*behind-proxy.*insecure/);
  assert.equal(read({ flags: { ...flags, "behind-proxy": true } }).northbound.host, "0.0.0.0");
  assert.equal(read({ flags: { ...flags, insecure: true } }).northbound.host, "0.0.0.0");
});

test("the database of the store is on this machine, or has TLS, unless told so", () => {
  const flags = { "database-url": "postgres://me:secret@db.example/acs" };
  assert.equal(read().database, undefined);
  assert.throws(() => read({ flags }), /db[.]example without TLS.*sslmode=verify-full.*insecure/);
  assert.equal(read({ flags: { ...flags, insecure: true } }).database?.host, "db.example");
  const environment = { HELIOGRAPH_DATABASE_URL: "postgres://localhost/acs" };
  assert.equal(read({ environment }).database?.database, "acs");
  assert.throws(() => read({ flags: { "database-url": "acs" } }), SettingError);
});

test("the bus is on this machine, or has TLS and a login, unless told so", () => {
  assert.equal(read().nats, undefined);
  const flags = { "nats-url": "nats://me:secret@nats.example" };
  assert.throws(() => read({ flags }), /nats[.]example without TLS.*tls:.*insecure/);
  assert.throws(() => read({ flags: { "nats-url": "tls://nats.example" } }), /without a user.*insecure/);
  assert.equal(read({ flags: { ...flags, insecure: true } }).nats?.host, "nats.example");
  assert.deepEqual(read({ flags: { "nats-url": "tls://me:secret@nats.example" } }).nats?.tls, {});
  const environment = { HELIOGRAPH_NATS_URL: "nats://localhost" };
  assert.equal(read({ environment }).nats?.port, 4222);
  assert.throws(() => read({ flags: { "nats-url": "localhost" } }), SettingError);
});

test("TLS is there once there is a certificate with its key, on a port of its own", () => {
  assert.equal(read().tls, undefined);
  const files = { "tls-cert": "cert.pem", "tls-key": "key.pem" };
  const listener = { host: "::", port: 7548 };
  assert.deepEqual(read({ flags: files }).tls, {
    listener,
    cert: "cert.pem",
    key: "key.pem",
    allowOld: false,
  });
  assert.equal(read({ flags: { ...files, "allow-old-tls": true } }).tls?.allowOld, true);
  const asking = read({ flags: { ...files, "tls-client-ca": "ca.pem" } });
  assert.equal(asking.tls?.clientCa, "ca.pem");
  const file = { ...files, "southbound-tls": "192.0.2.1:443" };
  assert.deepEqual(read({ file }).tls?.listener, { host: "192.0.2.1", port: 443 });
});

test("the light transport without TLS is for those who ask for it", () => {
  assert.equal(read().allowPlainLight, false);
  assert.equal(read({ flags: { "allow-plain-light": true } }).allowPlainLight, true);
});

test("STOMP without a WebSocket is spoken where somebody asks for it, off loopback by TLS only", () => {
  assert.deepEqual([read().stomp, read().stompTls], [undefined, undefined]);
  const local = { host: "127.0.0.1", port: 61_613 };
  assert.deepEqual(read({ flags: { stomp: "127.0.0.1:61613" } }).stomp, local);
  const flags = { stomp: "[::]:61613" };
  assert.throws(() => read({ flags }), /without TLS.*stomp-tls.*insecure/);
  assert.throws(() => read({ flags: { ...flags, "behind-proxy": true } }), /without TLS/);
  assert.deepEqual(read({ flags: { ...flags, insecure: true } }).stomp, { host: "::", port: 61_613 });
  const files = { "tls-cert": "cert.pem", "tls-key": "key.pem" };
  const secure = { ...files, "stomp-tls": "[::]:61614" };
  assert.deepEqual(read({ flags: secure }).stompTls, { host: "::", port: 61_614 });
});

test("datagrams are taken where somebody asks for it, with a login for devices where one is said", () => {
  assert.deepEqual([read().stun, read().udpNotifications], [undefined, undefined]);
  const listener = { host: "::", port: 3478 };
  const flags = { stun: "[::]:3478", "udp-notifications": "[::]:7547" };
  assert.deepEqual(read({ flags }).stun, { listener });
  assert.deepEqual(read({ flags }).udpNotifications, { host: "::", port: 7547 });
  const login = { username: "u", password: "p" };
  const all = { ...flags, "stun-user": "u", "stun-password": "p" };
  assert.deepEqual(read({ flags: all }).stun, { listener, login });
});

const unusable: readonly (readonly [flags: Record<string, string>, message: RegExp])[] = [
  [{ southbound: "7547" }, /host:port/],
  [{ southbound: "127.0.0.1:99999" }, /host:port/],
  [{ "open-enrolment": "yes" }, /none, loopback or all/],
  [{ "public-url": "ftp://acs" }, /http or https/],
  [{ "admin-token": "short" }, /16 characters/],
  [{ "secret-key": "abc" }, /64 hexadecimal/],
  [{ insecure: "perhaps" }, /switch/],
  [{ "allow-plain-light": "maybe" }, /switch/],
  [{ "light-grace": "0" }, /1 to 3600 seconds/],
  [{ "light-grace": "half a minute" }, /1 to 3600 seconds/],
  [{ "tls-cert": "cert.pem" }, /tls-cert is of no use without tls-key: name the PEM file/],
  [{ "tls-key": "key.pem" }, /tls-key is of no use without tls-cert/],
  [{ "tls-client-ca": "ca.pem" }, /tls-client-ca is of no use without tls-cert and tls-key/],
  [{ "southbound-tls": "[::]:7548" }, /southbound-tls is of no use without tls-cert and tls-key/],
  [{ "tls-cert": "c", "tls-key": "k", "southbound-tls": "7548" }, /southbound-tls must be host:port/],
  [{ stun: "3478" }, /stun must be host:port/],
  [{ stun: "[::]:3478", "stun-user": "u" }, /stun-user and stun-password are of no use without each other/],
  [{ "stun-user": "u", "stun-password": "p" }, /stun-user is of no use without stun/],
  [{ "udp-notifications": "7547" }, /udp-notifications must be host:port/],
  [{ stomp: "61613" }, /stomp must be host:port/],
  [{ "stomp-tls": "[::]:61614" }, /stomp-tls is of no use without tls-cert and tls-key/],
];
for (const [flags, message] of unusable) {
  test(`${JSON.stringify(flags)} is refused with what to write instead`, () => {
    assert.throws(
      () => read({ flags }),
      (error) => error instanceof SettingError && message.test(error.message),
    );
  });
}

test("a key that the config file should not have is named", () => {
  assert.throws(() => read({ file: { dta: "x" } }), /unknown key "dta"/);
});

test("IPv6 listeners are written with brackets and read again", () => {
  const listener = read({ flags: { southbound: "[::1]:7547" } }).southbound;
  assert.equal(authority(listener), "[::1]:7547");
});

test("loopback is 127.0.0.0/8, ::1 and localhost, and nothing that looks like it", () => {
  assert.deepEqual(
    ["127.0.0.1", "127.9.9.9", "::1", "localhost", "127.0.0.1.example.org", "10.0.0.1", "::"].map(isLoopback),
    [true, true, true, true, false, false, false],
  );
});

test("what files may take of the disk is said in mebibytes", () => {
  const MEBIBYTE = 2 ** 20;
  const { files } = read({
    flags: { "files-total": "2048", "files-keep-free": "0" },
    file: { "files-count": 7 },
  });
  assert.deepEqual(files, {
    maxTotalBytes: 2_048 * MEBIBYTE,
    maxFileBytes: 512 * MEBIBYTE,
    maxUploadBytes: 64 * MEBIBYTE,
    maxFiles: 7,
    keepFreeBytes: 0,
  });
  assert.throws(() => read({ flags: { "files-each": "0" } }), /files-each must be a whole number from 1 on/);
  assert.throws(() => read({ flags: { "files-upload": "64M" } }), /files-upload must be/);
});
