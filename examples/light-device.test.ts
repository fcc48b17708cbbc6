import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort, tempDir, type TempDir } from "@heliograph/testkit";

const root = fileURLToPath(new URL("../", import.meta.url));
const HELIOGRAPH = "packages/cli/bin/heliograph.js";

function start(directory: TempDir, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, HELIOGRAPH_DATA: directory.path, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Resolves with the line that says `what`. */
async function line(child: ChildProcess, what: RegExp): Promise<string> {
  assert.ok(child.stdout !== null);
  for await (const said of createInterface(child.stdout)) if (what.test(said)) return said;
  assert.fail(`it ended without a line that says ${String(what)}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGINT");
  await once(child, "exit");
}

test("the device of the example attaches to the ACS, and is asked and told over its connection", async (t) => {
  using directory = tempDir();
  const [southbound, northbound] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const listeners = ["--southbound", southbound, "--northbound", northbound];
  const acs = start(directory, HELIOGRAPH, "serve", ...listeners);
  t.after(() => stop(acs));
  await line(acs, /Try next/);
  const device = start(directory, "examples/light-device.ts", `http://${southbound}/`);
  t.after(() => stop(device));
  await line(device, /is attached/);
  const set = start(directory, HELIOGRAPH, "set", "0001", "Device.WiFi.Radio.1.Channel=44");
  assert.equal(await line(set, /./), "set");
  const get = start(directory, HELIOGRAPH, "get", "0001", "Device.WiFi.Radio.1.Channel");
  assert.equal(await line(get, /./), "Device.WiFi.Radio.1.Channel  44");
});
