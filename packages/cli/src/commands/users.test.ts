import { tempDir } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import { recordedTerminal } from "../recorded-terminal.fixture.ts";
import { run } from "../run.ts";
import {
  ago,
  bodyOf,
  deviceList,
  exampleDevice,
  scriptedNorthbound,
  TOKEN,
  type Script,
} from "../scripted-northbound.fixture.ts";

const JO = { name: "jo.miller", role: "support", disabled: false, created: ago(60) };
const RIGHTS = {
  devices: "every",
  methods: ["GetParameterValues"],
  ...{ read: ["Device.WiFi."], write: [], channels: [], acts: [] },
  secrets: false,
};

test("login --user asks for the password, and keeps the token that it gives", async () => {
  using home = tempDir();
  const signIn = () => ({ status: 201, body: { token: TOKEN, expires: ago(-43_200), role: "support" } });
  await using northbound = await scriptedNorthbound({ ...deviceList(), signIn });
  const terminal = recordedTerminal({ home: home.path, secret: "correct horse battery\n" });
  assert.equal(await run(["login", northbound.url, "--user", "jo.miller"], terminal), 0, terminal.errors());
  assert.deepEqual(northbound.asked[0]?.body, { name: "jo.miller", password: "correct horse battery" });
  const kept = readFileSync(home.file(".config/heliograph/client.json"), "utf8");
  assert.deepEqual(JSON.parse(kept), { url: northbound.url, token: TOKEN });
});

test("users add asks for the password, and tells nobody", async () => {
  const args = ["users", "add", "jo.miller", "support"];
  const script: Script = { addUser: () => ({ status: 201, body: JO }) };
  const { exitCode, terminal, asked } = await runAgainst(script, args, { secret: "correct horse battery\n" });
  assert.equal(exitCode, 0, terminal.errors());
  const { name, role, password } = bodyOf(asked[0]);
  assert.deepEqual([name, role, password], ["jo.miller", "support", "correct horse battery"]);
  assert.ok(!(terminal.output() + terminal.errors()).includes("battery"));
});

test("a user's role, password and standing are changed one by one", async () => {
  const script: Script = { changeUser: () => ({ status: 200, body: { ...JO, disabled: true } }) };
  for (const [args, change] of [
    [["role", JO.name, "operator"], { role: "operator" }],
    [["password", JO.name], { password: "correct horse battery" }],
    [["disable", JO.name], { disabled: true }],
    [["enable", JO.name], { disabled: false }],
  ] as const) {
    const ran = await runAgainst(script, ["users", ...args], { secret: "correct horse battery" });
    assert.deepEqual([ran.exitCode, ran.asked[0]?.body], [0, change]);
    assert.equal(ran.terminal.output(), "jo.miller: support, disabled");
  }
});

test("users and roles are listed and removed", async () => {
  const role = { name: "wifi-desk", builtIn: false, rights: RIGHTS };
  const script: Script = {
    listUsers: () => ({ status: 200, body: { items: [JO, { ...JO, disabled: true }] } }),
    listRoles: () => ({ status: 200, body: { items: [role] } }),
    removeUser: () => ({ status: 204 }),
    removeRole: () => ({ status: 204 }),
  };
  const users = await runAgainst(script, ["users", "list"]);
  assert.equal(users.terminal.output().match(/jo\.miller +support/g)?.length, 2);
  assert.equal(users.terminal.output().match(/disabled/g)?.length, 1);
  const roles = await runAgainst(script, ["roles", "list"]);
  assert.match(roles.terminal.output(), /wifi-desk +1 methods +reads Device\.WiFi\. +writes nothing/);
  for (const [noun, name] of [
    ["users", JO.name],
    ["roles", "wifi-desk"],
  ] as const) {
    const { exitCode, asked } = await runAgainst(script, [noun, "remove", name]);
    assert.deepEqual([exitCode, asked[0]?.params["name"]], [0, name]);
  }
});

test("roles set reads what the role gives from standard input", async () => {
  const script: Script = {
    setRole: () => ({ status: 200, body: { name: "wifi-desk", builtIn: false, rights: RIGHTS } }),
  };
  const args = ["roles", "set", "wifi-desk"];
  const { exitCode, asked } = await runAgainst(script, args, { input: JSON.stringify(RIGHTS) });
  assert.deepEqual([exitCode, asked[0]?.body], [0, RIGHTS]);
  for (const input of ["", "{}", "[1]"])
    assert.equal((await runAgainst(script, args, { input })).exitCode, 2);
});

test("audit asks for what was done by whom, to what, under what and when", async () => {
  const script: Script = {
    ...deviceList(exampleDevice("SN0001")),
    listAudit: () => ({ status: 200, body: { items: [] } }),
  };
  const filters = [
    "--manager",
    "jo",
    "--device",
    "SN0001",
    "--grant",
    "0123456789abcdef",
    "--action",
    "call",
  ];
  const { exitCode, asked } = await runAgainst(script, ["audit", ...filters, "--since", "2026-01-31T12:00Z"]);
  assert.equal(exitCode, 0);
  const { limit, ...query } = asked.at(-1)?.query ?? {};
  assert.ok(limit !== undefined);
  assert.deepEqual(query, {
    manager: "jo",
    device: "00D09E-IGD-SN0001",
    grant: "0123456789abcdef",
    action: "call",
    since: "2026-01-31T12:00:00.000Z",
  });
  assert.equal((await runAgainst(script, ["audit", "--until", "soon"])).exitCode, 2);
});
