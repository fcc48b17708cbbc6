import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings, SettingError, type Settings } from "./settings.ts";

const MET = {
  "database-url": "postgres://localhost/acs",
  "nats-url": "nats://localhost",
  "secret-key": "5ec7".repeat(16),
};

function read(flags: Readonly<Record<string, string>>): Settings {
  return readSettings({ flags, environment: {}, file: {} });
}

test("without a word a process has all roles, and needs nobody to meet", () => {
  assert.deepEqual(read({}).roles, ["cwmp", "light", "engine", "api"]);
  assert.deepEqual(read({ roles: "api,engine,light,cwmp" }).roles, read({}).roles);
});

test("roles apart need the store, the bus and the key where they meet, and are told which are missing", () => {
  assert.throws(() => read({ roles: "api" }), {
    name: "SettingError",
    message:
      "roles api need database-url and nats-url and secret-key, the same in all processes: they meet there",
  });
  const { "secret-key": _, ...keyless } = MET;
  assert.throws(() => read({ roles: "api", ...keyless }), /need secret-key, the same/);
  assert.deepEqual(read({ roles: "api", ...MET }).roles, ["api"]);
  assert.throws(() => read({ roles: "console", ...MET }), SettingError);
});

test("who tells devices of another process knows where that is", () => {
  assert.throws(() => read({ roles: "engine", ...MET }), /need public-url/);
  assert.throws(() => read({ roles: "cwmp,engine", ...MET }), /need light-url or public-url/);
  const publicUrl = { "public-url": "https://acs.example/" };
  assert.equal(read({ roles: "engine", ...MET, ...publicUrl }).publicUrl, "https://acs.example/");
  const lightUrl = { "light-url": "wss://light.example/light" };
  assert.equal(read({ roles: "cwmp", ...MET, ...lightUrl }).lightUrl, "wss://light.example/light");
  assert.throws(() => read({ "light-url": "https://light.example/" }), /must be a wss or ws URL/);
  assert.deepEqual(read({ roles: "light", ...MET }).roles, ["light"]);
});

test("a northbound that does not listen may stand anywhere", () => {
  assert.throws(() => read({ northbound: "0.0.0.0:8080" }), /without TLS/);
  assert.equal(read({ roles: "light", ...MET, northbound: "0.0.0.0:8080" }).northbound.host, "0.0.0.0");
});

test("a process that managers do not speak to says on loopback how it is", () => {
  assert.deepEqual(read({}).health, { host: "127.0.0.1", port: 8081 });
  assert.deepEqual(read({ health: "[::]:9000" }).health, { host: "::", port: 9000 });
});
