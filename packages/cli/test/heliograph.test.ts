import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { HeliographProcess, type Ended } from "./heliograph-process.ts";
import { CHANNEL, KEY, SERIAL, ServedDevice } from "./served-device.ts";

const acs = await ServedDevice.start();
after(() => acs[Symbol.asyncDispose]());
const { folder, server, watch, device, southbound, northbound } = acs;
const heliograph = (...args: readonly string[]): Promise<Ended> => acs.heliograph(...args);

test("a device that came is watched, listed and shown", async () => {
  assert.match(
    await watch.line(/ boot /),
    new RegExp(`^#\\d+ {2}[\\d:]{8} {2}${KEY} {2}boot {2}code=1 BOOT`),
  );
  const listed = await heliograph("devices");
  assert.equal(listed.exitCode, 0, listed.errors);
  assert.match(
    listed.output,
    new RegExp(`^${KEY} +IGD +1\\.0 +wakeable +(?:now|\\d+ s ago) +127\\.0\\.0\\.1$`, "m"),
  );
  const shown = await heliograph("show", SERIAL);
  assert.match(shown.output, /^ {2}credentials +its own, confirmed$/m);
});

test("what is set is read back, from the device and from what the ACS knows", async () => {
  const set = await heliograph("set", SERIAL, `${CHANNEL}=44`);
  assert.deepEqual([set.exitCode, set.output], [0, "set"], set.errors);
  const got = await heliograph("get", SERIAL, CHANNEL);
  assert.deepEqual([got.exitCode, got.output], [0, `${CHANNEL}  44`], got.errors);
  const stored = await heliograph("get", SERIAL, CHANNEL, "--stored", "--json");
  assert.match(stored.output, /"Channel": \{\s+"value": 44,/);
});

test("what the device refuses ends with 1 and its fault, what the ACS refuses with 2", async () => {
  const faulted = await heliograph("set", SERIAL, `${CHANNEL}=44`, "Device.DeviceInfo.UpTime=1");
  assert.equal(faulted.exitCode, 1);
  assert.match(
    faulted.errors,
    /SetParameterValues: the device faulted with 9003: .*\n {2}Device\.DeviceInfo\.UpTime: 9008/,
  );
  const refused = await heliograph("call", SERIAL, "GetParameterValues", '{"Names": []}');
  assert.equal(refused.exitCode, 2);
  assert.match(refused.errors, /the ACS refused \(422, /);
});

test("a sequence of RPCs and a rebooted device are seen to their ends", async () => {
  const called = await heliograph("call", SERIAL, "GetRPCMethods");
  assert.match(called.output, /"MethodList": \[/);
  const rebooted = await heliograph("reboot", SERIAL);
  assert.deepEqual([rebooted.exitCode, rebooted.output], [0, "Reboot: done"], rebooted.errors);
  await watch.line(/ m-reboot {2}code=M Reboot/);
});

test("a second ACS on the same port says so in a sentence and ends with 2", async () => {
  const ports = ["--southbound", southbound, "--northbound", northbound];
  const { exitCode, errors } = await heliograph("serve", "--data", folder.file("other"), ...ports);
  assert.equal(exitCode, 2);
  assert.match(errors, new RegExp(`^heliograph: southbound ${southbound} is taken`, "m"));
});

test("settings that cannot be used are said in a sentence and end with 2", async () => {
  const { exitCode, errors } = await heliograph("serve", "--northbound", "0.0.0.0:0");
  assert.equal(exitCode, 2);
  assert.match(errors, /^heliograph: northbound 0\.0\.0\.0:0 is off loopback and without TLS/);
});

test("a store that cannot be opened is said with its reason and ends with 2", async () => {
  const data = folder.file("broken");
  mkdirSync(data);
  writeFileSync(join(data, "heliograph.db"), "this is no database, and never was one".repeat(20));
  const { exitCode, errors } = await heliograph("serve", "--data", data, "--northbound", "127.0.0.1:0");
  assert.equal(exitCode, 2, errors);
  assert.match(
    errors,
    /^heliograph: cannot start: cannot open the store at .*\n {2}file is not a database$/m,
  );
});

test("Ctrl-C while a device does not come leaves the operation and says how to follow it", async () => {
  await device.close();
  await using command = new HeliographProcess(["get", SERIAL, CHANNEL], acs.environment);
  await command.line(/^waiting for the device/);
  command.signal("SIGINT");
  const { exitCode, output, errors } = await command.ended();
  assert.deepEqual([exitCode, output], [5, ""], errors);
  const [, id = ""] = /^operation (\w{32}) goes on; it is queued$/m.exec(errors) ?? [];
  assert.match(errors, /connection request: .*was not answered/);
  const cancelled = await heliograph("cancel", id);
  assert.deepEqual(
    [cancelled.exitCode, cancelled.output],
    [0, `operation ${id} is cancelled`],
    cancelled.errors,
  );
});

test("SIGTERM ends the ACS in order, and Ctrl-C the watch", async () => {
  watch.signal("SIGINT");
  assert.equal((await watch.ended()).exitCode, 0);
  server.signal("SIGTERM");
  const { exitCode, errors } = await server.ended();
  assert.equal(exitCode, 0, errors);
  assert.equal((await heliograph("devices")).exitCode, 3);
});
