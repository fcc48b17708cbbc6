import { tempDir } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import { recordedTerminal } from "../recorded-terminal.fixture.ts";
import { run } from "../run.ts";
import {
  ago,
  bodyOf,
  deviceList,
  scriptedNorthbound,
  TOKEN,
  type Script,
} from "../scripted-northbound.fixture.ts";

test("login tries the token and keeps it for its owner alone", async () => {
  using home = tempDir();
  await using northbound = await scriptedNorthbound(deviceList());
  const terminal = recordedTerminal({ home: home.path, secret: `${TOKEN}\n` });
  assert.equal(await run(["login", `${northbound.url}/`], terminal), 0);
  const path = home.file(".config/heliograph/client.json");
  assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), { url: northbound.url, token: TOKEN });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.ok(terminal.output().includes(path));
  const next = recordedTerminal({ home: home.path });
  assert.equal(await run(["devices"], next), 0, next.errors());
});

test("a token that the ACS does not take is not kept", async () => {
  using home = tempDir();
  await using northbound = await scriptedNorthbound(deviceList());
  const terminal = recordedTerminal({ home: home.path });
  assert.equal(await run(["login", northbound.url, "--token", "wrong"], terminal), 4);
  assert.equal(await run(["devices"], recordedTerminal({ home: home.path })), 3);
});

test("login without a token, or to what is no URL, is refused", async () => {
  assert.equal(await run(["login", "http://127.0.0.1:1"], recordedTerminal()), 2);
  assert.equal(await run(["login", "acs.example.net"], recordedTerminal({ secret: TOKEN })), 2);
});

const MADE = { id: "0f1e2d3c4b5a6978", name: "support desk", role: "admin", created: ago(0) };

test("a new token is told on standard output alone, and how to end it besides", async () => {
  const script: Script = { createToken: () => ({ status: 201, body: { ...MADE, token: "the-token" } }) };
  const args = ["tokens", "create", "support desk", "--days", "7"];
  const { exitCode, terminal, asked } = await runAgainst(script, args);
  assert.equal(exitCode, 0);
  assert.equal(terminal.output(), "the-token");
  assert.match(terminal.errors(), /heliograph tokens revoke 0f1e2d3c4b5a6978/);
  const { name, expires } = bodyOf(asked[0]);
  assert.equal(name, "support desk");
  assert.match(String(expires), /^2026-02-07T12:00:0/);
});

test("a token without --days has no end", async () => {
  const script: Script = { createToken: () => ({ status: 201, body: { ...MADE, token: "t" } }) };
  const { asked } = await runAgainst(script, ["tokens", "create", "desk"]);
  assert.deepEqual(asked[0]?.body, { name: "desk" });
  assert.equal((await runAgainst(script, ["tokens", "create", "desk", "--days", "0"])).exitCode, 2);
});

test("tokens are listed with what they are good for", async () => {
  const items = [
    { ...MADE, name: "a" },
    { ...MADE, name: "b", expires: ago(-3_600 * 24 * 9) },
    { ...MADE, name: "c", expires: ago(3_600) },
    { ...MADE, name: "d", revoked: ago(120) },
  ];
  const script: Script = { listTokens: () => ({ status: 200, body: { items } }) };
  const { terminal } = await runAgainst(script, ["tokens", "list"]);
  const states = terminal.output().split("\n").slice(1);
  assert.deepEqual(
    states.map((line) => line.replace(/^.*\d\d:\d\d:\d\d +/, "")),
    ["good", "good; expires in 8 d", "expired 1 h ago", "revoked 2 min ago"],
  );
});

test("tokens revoke ends a token", async () => {
  const { exitCode, asked } = await runAgainst({ revokeToken: () => ({ status: 204 }) }, [
    "tokens",
    "revoke",
    MADE.id,
  ]);
  assert.equal(exitCode, 0);
  assert.equal(asked[0]?.params["id"], MADE.id);
});

test("`tokens` alone says what there is, and is wrong usage", async () => {
  const terminal = recordedTerminal();
  assert.equal(await run(["tokens"], terminal), 2);
  assert.match(terminal.errors(), /tokens create/);
});
