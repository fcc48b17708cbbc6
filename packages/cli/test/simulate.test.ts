import { freePort, tempDir, type TempDir } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HeliographProcess, type Ended } from "./heliograph-process.ts";

const started = new AsyncDisposableStack();
let folder: TempDir;
let watch: HeliographProcess;
let fleet: HeliographProcess;

function environment(): Readonly<Record<string, string>> {
  return { HOME: folder.path, HELIOGRAPH_DATA: folder.file("data") };
}

async function heliograph(...args: readonly string[]): Promise<Ended> {
  await using command = new HeliographProcess(args, environment());
  return await command.ended();
}

function key(number: number): string {
  return `F0F0F0-Router-SIM00000${number}`;
}

before(async () => {
  folder = started.use(tempDir());
  const [southbound, northbound] = [await freePort(), await freePort()];
  const listeners = ["--southbound", `127.0.0.1:${southbound}`, "--northbound", `127.0.0.1:${northbound}`];
  const server = started.use(new HeliographProcess(["serve", ...listeners], environment()));
  await server.line(/^Try next:$/);
  watch = started.use(new HeliographProcess(["watch", "--since", "0"], environment()));
  const kind = ["--devices", "4", "--mix", "light", "--kinds", "router"];
  const acs = ["--acs", `http://127.0.0.1:${southbound}/`];
  fleet = started.use(new HeliographProcess(["simulate", ...kind, ...acs], environment()));
  for (let number = 1; number <= 4; number += 1) {
    await watch.line(
      new RegExp(` ${key(number)} {2}connected {2}subprotocol=cwmp\\.json address=127\\.0\\.0\\.1$`),
    );
  }
});

after(() => started.disposeAsync());

test("connected devices are listed and shown with how they are connected", async () => {
  const listed = await heliograph("devices");
  const lines = listed.output.split("\n").slice(1);
  assert.equal(lines.length, 4);
  for (const line of lines) assert.match(line, / connected \(cwmp\.json, \d+ s\) /);
  const shown = await heliograph("show", "SIM000001");
  assert.match(shown.output, /^ {2}connection +light, cwmp\.json, since /m);
  assert.match(shown.output, /^ {2}connection request +none needed, it is connected$/m);
});

test("a simulated device answers as it is", async () => {
  const [, software = ""] = / Router +(\d+\.\d+\.\d+) /.exec((await heliograph("devices")).output) ?? [];
  const got = await heliograph("get", "SIM000001", "Device.DeviceInfo.SoftwareVersion");
  assert.deepEqual(
    [got.exitCode, got.output],
    [0, `Device.DeviceInfo.SoftwareVersion  ${software}`],
    got.errors,
  );
});

test("a connected device is given new credentials at once", async () => {
  const { exitCode, output, errors } = await heliograph("credentials", "rotate", "SIM000002");
  assert.equal(exitCode, 0, errors);
  assert.match(output, new RegExp(`^${key(2)} is connected and is being told its new credentials now; `));
  await watch.line(new RegExp(` ${key(2)} {2}credentials-rotating$`));
  await watch.line(new RegExp(` ${key(2)} {2}disconnected .* 4001: `));
});

test("a connected device that is removed is disconnected, and does not come back", async () => {
  const { output } = await heliograph("remove", "SIM000003");
  assert.equal(output, `${key(3)} is forgotten; it was connected, and is disconnected`);
  await watch.line(new RegExp(` ${key(3)} {2}removed$`));
  assert.doesNotMatch((await heliograph("devices")).output, /SIM000003/);
});

test("Ctrl-C switches the fleet off in order, and what came of it is told", async () => {
  fleet.signal("SIGINT");
  const { exitCode, output, errors } = await fleet.ended();
  assert.equal(exitCode, 0, errors);
  assert.match(output, /^devices +4 of 4 started, 4 informed, 3 attached at the end$/m);
  assert.match(output, /^start to attached( +\d[\d.]*){4} +4$/m);
  assert.match(output, /^failures\n {2}1 {2}the ACS closes the connection: /m);
  await watch.line(new RegExp(` ${key(1)} {2}disconnected {2}detail=`));
  assert.doesNotMatch((await heliograph("devices")).output, /connected/);
});
