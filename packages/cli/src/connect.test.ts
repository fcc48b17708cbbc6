import { openDataFolder } from "@heliograph/server/data-folder";
import { tempDir } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { CommandError } from "./command-error.ts";
import { command } from "./command.ts";
import { connectionFlags, locate, loginFolder } from "./connect.ts";
import { readGiven } from "./read-given.ts";

const asking = command({
  name: "ask",
  section: "Devices",
  summary: "",
  arguments: [],
  flags: connectionFlags,
  examples: [],
  run: async () => 0,
});

const HERE = { url: "http://127.0.0.1:8080", token: "of this machine" };
const AWAY = { url: "https://acs.example.net", token: "of the login" };

test("flags name the ACS before all else, the environment before what login keeps", () => {
  using home = tempDir();
  const places = { home: home.path, environment: { HELIOGRAPH_URL: "http://env", HELIOGRAPH_TOKEN: "e" } };
  openDataFolder(loginFolder(places)).writeClient(AWAY);
  assert.deepEqual(locate(readGiven(asking, ["--url=http://flag", "--token=f"]), places), {
    url: "http://flag",
    token: "f",
  });
  assert.deepEqual(locate(readGiven(asking, []), places), { url: "http://env", token: "e" });
  assert.deepEqual(locate(readGiven(asking, []), { ...places, environment: {} }), AWAY);
});

test("a data folder that is named comes before what login keeps", () => {
  using home = tempDir();
  const places = { home: home.path, environment: {} };
  openDataFolder(loginFolder(places)).writeClient(AWAY);
  openDataFolder(home.file("acs")).writeClient(HERE);
  assert.deepEqual(locate(readGiven(asking, [`--data=${home.file("acs")}`]), places), HERE);
  const environment = { HELIOGRAPH_DATA: home.file("acs") };
  assert.deepEqual(locate(readGiven(asking, []), { ...places, environment }), HERE);
});

test("login keeps its file where XDG_CONFIG_HOME says", () => {
  assert.equal(loginFolder({ home: "/h", environment: { XDG_CONFIG_HOME: "/x" } }), "/x/heliograph");
  assert.equal(loginFolder({ home: "/h", environment: {} }), "/h/.config/heliograph");
});

test("a token from a file goes to the ACS it is for, and to no other", () => {
  using home = tempDir();
  const places = { home: home.path, environment: {} };
  openDataFolder(loginFolder(places)).writeClient(AWAY);
  const same = locate(readGiven(asking, [`--url=${AWAY.url}/`]), places);
  assert.equal(same.token, AWAY.token);
  assert.throws(
    () => locate(readGiven(asking, ["--url=https://acs.example.net.evil.example"]), places),
    (error) => error instanceof CommandError && error.exitCode === 4 && /no token for/.test(error.message),
  );
});

test("where no ACS is known it says where it looked and what to do", () => {
  using home = tempDir();
  assert.throws(
    () => locate(readGiven(asking, [`--data=${home.path}`]), { home: home.path, environment: {} }),
    (error) =>
      error instanceof CommandError &&
      error.exitCode === 3 &&
      error.details.some((line) => line.includes(home.file("client.json"))) &&
      error.details.some((line) => line.includes("heliograph login")),
  );
});

test("a client.json that is no JSON is named, not passed over", () => {
  using home = tempDir();
  writeFileSync(home.file("client.json"), "{");
  assert.throws(
    () => locate(readGiven(asking, [`--data=${home.path}`]), { home: home.path, environment: {} }),
    (error) => error instanceof CommandError && /client.json cannot be used/.test(error.message),
  );
});
