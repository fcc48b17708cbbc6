import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { startServer } from "@heliograph/server";
import { readSettings } from "@heliograph/server/settings";
import { tempDir } from "@heliograph/testkit";
import { recordedTerminal } from "../recorded-terminal.fixture.ts";
import { run } from "../run.ts";

test("a store is copied while its server works, and put back when it does not, in the words of the commands", async () => {
  using folder = tempDir();
  const [data, copy] = [folder.file("data"), folder.file("copy.db")];
  const server = await serve(data);
  assert.deepEqual(await heliograph("backup-store", copy, "--data", data), {
    code: 0,
    out: `${copy} has 0 devices, 0 operations and 0 events, in SIZE bytes`,
    err: "",
  });
  assert.ok(existsSync(copy));
  const refused = await heliograph("restore-store", copy, "--data", data);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /another Heliograph runs on/);
  await server.close();
  const restored = await heliograph("restore-store", copy, "--data", data);
  assert.deepEqual([restored.code, restored.out], [0, "the store has 0 devices and 0 operations"]);
  assert.match(restored.err, /what was there before is .*heliograph\.db\.until-/);
});

test("the data folder is found where serve finds it: by its flag, the environment and the config file", async () => {
  using folder = tempDir();
  const data = folder.file("data");
  await (await serve(data)).close();
  const config = folder.file("config.json");
  writeFileSync(config, JSON.stringify({ data }));
  assert.equal((await heliograph("backup-store", folder.file("1"), "--config", config)).code, 0);
  const terminal = recordedTerminal({ environment: { HELIOGRAPH_DATA: data } });
  assert.equal(await run(["backup-store", folder.file("2")], terminal), 0);
  const nowhere = await heliograph("backup-store", folder.file("3"), "--data", folder.file("other"));
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.err, /there is no store at/);
});

test("a move into PostgreSQL says what is missing or cannot be reached", async () => {
  using folder = tempDir();
  const data = folder.file("data");
  await (await serve(data)).close();
  const without = await heliograph("migrate-store", "--data", data);
  assert.equal(without.code, 2);
  assert.match(without.err, /--to is missing/);
  const strange = await heliograph("migrate-store", "--data", data, "--to", "mysql://127.0.0.1/x");
  assert.equal(strange.code, 2);
  assert.match(strange.err, /--to /);
});

function serve(data: string) {
  const flags = { data, southbound: "127.0.0.1:0", northbound: "127.0.0.1:0" };
  return startServer(readSettings({ flags, environment: {}, file: {} }));
}

async function heliograph(...words: readonly string[]) {
  const terminal = recordedTerminal();
  const code = await run(words, terminal);
  return { code, out: terminal.output().replace(/\d+ bytes/, "SIZE bytes"), err: terminal.errors() };
}
