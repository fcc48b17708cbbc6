import { createClient, type Client } from "@heliograph/api/client";
import { readClientFile } from "@heliograph/server/data-folder";
import { assertWithinSecond } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { after, test } from "node:test";
import { HeliographProcess, type Ended } from "./heliograph-process.ts";
import { CHANNEL, SERIAL, ServedDevice } from "./served-device.ts";

const SSID = "Device.WiFi.SSID.1.SSID";
const SECRET = "Device.WiFi.AccessPoint.1.Security.KeyPassphrase";

const acs = await ServedDevice.start({ [SSID]: "home", [SECRET]: "open sesame" });
after(() => acs[Symbol.asyncDispose]());
const { folder } = acs;
const heliograph = (...args: readonly string[]): Promise<Ended> => acs.heliograph(...args);

/** Somebody who has only the line that was handed over. */
function supporter(
  line: string,
  args: readonly string[],
  input: "none" | "typed" = "none",
): HeliographProcess {
  const [, url = "", token = ""] =
    /^HELIOGRAPH_URL=(\S+) HELIOGRAPH_TOKEN=(\S+) heliograph troubleshoot$/.exec(line) ?? [];
  assert.notEqual(token, "", line);
  return new HeliographProcess(
    ["troubleshoot", ...args],
    { HOME: folder.file("nobody"), HELIOGRAPH_URL: url, HELIOGRAPH_TOKEN: token },
    input,
  );
}

test("who is handed a line reads and writes within it, and nothing else [MANAGE-SHELL-1]", async () => {
  const may = ["--may", "read:Device.WiFi.,write:Device.WiFi.Radio.", "--for", "10min"];
  const { output, errors } = await heliograph("troubleshoot", SERIAL, ...may, "--reason", "ticket 4711");
  assert.match(errors, /heliograph grants revoke [0-9a-f]{16} ends it at once/);
  const run = async (lines: string): Promise<Ended> => {
    await using support = supporter(output, ["--run", lines]);
    return await support.ended();
  };
  const good = await run(`set ${CHANNEL}=44\nget ${CHANNEL}`);
  assert.deepEqual([good.exitCode, good.output], [0, `set\n${CHANNEL}  44`], good.errors);
  for (const beyond of [`set ${SSID}=mine`, "get Device.DeviceInfo.", "call Reboot", "get Device."]) {
    const refused = await run(beyond);
    assert.deepEqual([refused.exitCode, refused.output], [4, ""], beyond);
    assert.match(refused.errors, /is not among what you may/, beyond);
  }
  const all = await run("get Device.WiFi.\nknown");
  assert.equal(all.exitCode, 0, all.errors);
  assert.doesNotMatch(all.output, /open sesame/);
  assert.match(all.output, /KeyPassphrase +\(hidden\)/);
  for (const line of all.output.split("\n")) assert.match(line, /^Device\.WiFi\./);
  assert.match(await text("grants", "list"), /support .* good; .* ticket 4711/);
});

test("who may write holds the device while they are at it, and others are told so", async () => {
  const may = ["--may", "read:Device.WiFi.,write:Device.WiFi.Radio."];
  await using shell = new HeliographProcess(
    ["troubleshoot", SERIAL, "--shell", "--save", folder.file("held.txt"), ...may],
    acs.environment,
    "typed",
  );
  await shell.line(/tab completes/);
  shell.say("hold 10min");
  await shell.line(/^it is yours until /);
  const refused = await heliograph("set", SERIAL, `${CHANNEL}=1`);
  assert.equal(refused.exitCode, 2);
  assert.match(refused.errors, /grant:[0-9a-f]{16} holds the device until/);
  shell.say(`set ${CHANNEL}=48`);
  await shell.line(/^set$/);
  shell.say("exit");
  assert.equal((await shell.ended()).exitCode, 0);
  assert.equal(await text("lease", SERIAL, "--show"), `nobody holds 00D09E-IGD-${SERIAL}`);
});

test("a shell of one's own ends with its grant, and leaves a transcript that only its owner reads [MANAGE-SHELL-2, MANAGE-SHELL-3]", async () => {
  const file = folder.file("transcript.txt");
  await using shell = new HeliographProcess(
    ["troubleshoot", SERIAL, "--shell", "--save", file],
    acs.environment,
    "typed",
  );
  await shell.line(/tab completes/);
  shell.say(`get '${SSID}'`);
  await shell.line(/SSID {2}home/);
  shell.say("nonsense");
  await shell.line(/there is no "nonsense" here/);
  shell.say(`watch ${CHANNEL} every=1s times=1`);
  await shell.line(/1 watched/);
  // Whoever waits for values that do not come would wait for ever.
  shell.say(`watch ${CHANNEL}.Wrong every=1s times=1`);
  await shell.line(/Channel\.Wrong: 9005/);
  shell.say(undefined);
  const { exitCode, errors } = await shell.ended();
  assert.equal(exitCode, 0, errors);
  assert.match(errors, /grant [0-9a-f]{16} is revoked/);
  const kept = readFileSync(file, "utf8");
  assert.match(kept, /Z > get 'Device\.WiFi\.SSID\.1\.SSID'\n\S+Z   Device\.WiFi\.SSID\.1\.SSID  home\n/);
  assert.match(kept, /Z > nonsense\n\S+Z ! there is no "nonsense" here/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.match(await text("grants", "list"), /support .* revoked/);
});

test("a shell whose grant is revoked says so and ends within a second, also while nobody types [MANAGE-SHELL-2]", async () => {
  const { output, errors } = await heliograph("troubleshoot", SERIAL);
  const [, id = ""] = /grants revoke (\S+) ends/.exec(errors) ?? [];
  await using support = supporter(output, ["--save", folder.file("revoked.txt")], "typed");
  await support.line(/tab completes/);
  support.say(`get ${SSID}`);
  await support.line(/SSID {2}home/);
  const { client, url } = own();
  const ended = await assertWithinSecond(url, async () => {
    await client.grants.revoke(id);
    return await support.ended();
  });
  assert.equal(ended.exitCode, 4);
  assert.match(ended.errors, /the ACS lets you in no longer: the grant has expired or was revoked/);
});

test("a grant that expires ends its shell", async () => {
  const { output } = await heliograph("troubleshoot", SERIAL, "--for", "2s");
  await using support = supporter(output, ["--save", folder.file("expired.txt")], "typed");
  const ended = await support.ended();
  assert.equal(ended.exitCode, 4);
});

test("what cannot be meant by --may is wrong usage, and makes no grant", async () => {
  for (const may of ["wirte:Device.WiFi.", "read:", "Re boot"]) {
    const { exitCode, output } = await heliograph("troubleshoot", SERIAL, "--may", may);
    assert.deepEqual([exitCode, output], [2, ""], may);
  }
});

async function text(...args: readonly string[]): Promise<string> {
  return (await heliograph(...args)).output;
}

function own(): { readonly client: Client; readonly url: string } {
  const file = readClientFile(`${folder.file("data")}/client.json`);
  assert.ok(file !== undefined);
  return { client: createClient(file), url: file.url };
}
