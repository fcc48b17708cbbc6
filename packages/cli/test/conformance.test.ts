import { dataModel } from "@heliograph/agent";
import { startDevice } from "@heliograph/agent/node";
import { freePort, tempDir, type TempDir } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { HeliographProcess, type Ended } from "./heliograph-process.ts";

const started = new AsyncDisposableStack();
let folder: TempDir;
let acsUrl: string;

async function conformance(...args: readonly string[]): Promise<Ended> {
  await using command = new HeliographProcess(["conformance", ...args], { HOME: folder.path });
  return await command.ended();
}

before(async () => {
  folder = started.use(tempDir());
  const port = await freePort();
  acsUrl = `http://127.0.0.1:${port}/`;
  const listeners = ["--southbound", `127.0.0.1:${port}`, "--northbound", "127.0.0.1:0"];
  const environment = { HELIOGRAPH_DATA: folder.file("data") };
  const server = started.use(new HeliographProcess(["serve", ...listeners], environment));
  await server.line(/^Try next:$/);
});

after(async () => {
  await started.disposeAsync();
});

for (const [subprotocol, rule] of [
  ["cwmp.json", "LIGHT-ATTACH-3"],
  ["cwmp.soap", "LIGHT-SOAP-4"],
  ["v12.stomp", "STOMP-TX-2"],
] as const) {
  test(`this ACS passes in ${subprotocol}: a table with a line for each rule, and 0`, async () => {
    const { exitCode, output, errors } = await conformance("--url", acsUrl, "--subprotocol", subprotocol);
    assert.equal(exitCode, 0, output + errors);
    assert.match(output, new RegExp(`^pass {5}${rule} +\\S.*$`, "m"));
    assert.match(output, /^skipped {2}LIGHT-LIVE-1 .* \(it takes a minute or more: --slow does it\)$/m);
    assert.match(output, /^\d\d passed, 0 failed, \d+ skipped$/m);
  });
}

test("--rule looks at these alone, and --json gives them to a program", async () => {
  const { exitCode, output } = await conformance(
    "--url",
    acsUrl,
    "--rule",
    "LIGHT-ATTACH,LIGHT-LIVE-3",
    "--json",
  );
  assert.equal(exitCode, 0);
  const rows: unknown = JSON.parse(output);
  assert.ok(Array.isArray(rows) && rows.length > 3);
  const rules = new Set(Array.from(output.matchAll(/"rule": ?"([^"]*)-\d+"/g), ([, area]) => area));
  assert.deepEqual(rules, new Set(["LIGHT-ATTACH", "LIGHT-LIVE"]));
});

test("of an ACS that breaks a rule it is said what was sent, expected and came, and 1", async () => {
  await using acs = await SmallAcs.start("--breaks", "refuses a second Attach");
  const { exitCode, output } = await conformance("--url", acs.url, "--rule", "LIGHT-ATTACH-3");
  assert.equal(exitCode, 1);
  const [fail, sent, expected, came, sum] = output.split("\n");
  assert.match(fail ?? "", /^fail {5}LIGHT-ATTACH-3 +Attach may come again$/);
  assert.match(sent ?? "", /^ +sent +\{"jsonrpc":"2\.0","id":"kit-.*"method":"Attach".*\}$/);
  assert.match(expected ?? "", /^ +expected +the result of Attach$/);
  assert.match(came ?? "", /^ +came +\{"jsonrpc":"2\.0","id":"kit-.*"code":-32600.*$/);
  assert.equal(sum, "0 passed, 1 failed, 0 skipped");
});

test("a password is shown by Digest, and a certificate is taken by --ca or with --insecure-tls", async () => {
  const certificate = (what: string): string =>
    fileURLToPath(new URL(`../../server/test/certificates/acs.${what}.pem`, import.meta.url));
  await using acs = await SmallAcs.start(
    ...["--user", "kit", "--password", "secret"],
    ...["--cert", certificate("cert"), "--key", certificate("key")],
  );
  const asked = ["--url", acs.url, "--rule", "LIGHT-ATTACH-2,LIGHT-REFER-7"];
  const login = ["--user", "kit", "--password", "secret"];
  for (const trust of [["--ca", certificate("cert")], ["--insecure-tls"]]) {
    const { exitCode, output } = await conformance(...asked, ...login, ...trust);
    assert.equal(exitCode, 0, output);
    assert.match(output, /^3 passed, 0 failed, 0 skipped$/m);
  }
  const untrusted = await conformance(...asked, ...login);
  assert.equal(untrusted.exitCode, 1);
  assert.match(untrusted.output, /came +.*certificate/);
  const nobody = await conformance(...asked, "--insecure-tls");
  assert.match(nobody.output, /came +HTTP 401/);
});

test("a device of ours passes, and so does one that was written from the page alone", async () => {
  const args = ["conformance", "device", "--listen", "127.0.0.1:0"];
  await using ours = new HeliographProcess(args, { HOME: folder.path });
  const device = await startDevice({
    acsUrl: await urlSaid(ours),
    deviceId: { Manufacturer: "Example", OUI: "F0F0F0", ProductClass: "Router", SerialNumber: "1" },
    dataModel: dataModel({ "Device.DeviceInfo.SoftwareVersion": "2.1.0" }),
  });
  const ended = await ours.ended();
  assert.equal(ended.exitCode, 0, ended.output);
  await device.close();

  await using strangers = new HeliographProcess(args, { HOME: folder.path });
  const file = fileURLToPath(new URL("../../server/test/stranger-device.ts", import.meta.url));
  const url = await urlSaid(strangers);
  const stranger = spawn(process.execPath, [file, url, "device", "unused"], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const { exitCode, output } = await strangers.ended();
  const isOver = once(stranger, "close");
  stranger.kill("SIGKILL");
  await isOver;
  assert.equal(exitCode, 0, output);
  assert.match(output, /^pass {5}LIGHT-LIVE-2 /m);
});

test("no device within --wait ends with 3", async () => {
  const { exitCode, errors } = await conformance("device", "--listen", "127.0.0.1:0", "--wait", "1");
  assert.equal(exitCode, 3);
  assert.match(errors, /^heliograph: no device Informed within 1 s$/m);
});

for (const [args, says] of [
  [[], /--url must be that of an ACS, such as --url http:\/\/127\.0\.0\.1:7547\//],
  [["--url", "acs.example"], /--url must be that of an ACS, such as/],
  [
    ["--url", "wss://acs.example/light"],
    /goes with --token; without one it is that of the ACS, http\(s\):\/\//,
  ],
  [
    ["--url", "http://a/", "--subprotocol", "mqtt"],
    /--subprotocol must be of cwmp\.json, cwmp\.soap, v12\.stomp/,
  ],
  [
    ["--url", "http://a/", "--rule", "LIGHT-X"],
    /--rule LIGHT-X is nothing .*write an id such as LIGHT-\S+, or of LIGHT-REFER, /,
  ],
  [["--url", "http://a/", "--patience", "0"], /--patience must be more than 0 s, such as --patience 5/],
  [["--url", "https://a/", "--ca", "/nowhere.pem"], /--ca \/nowhere\.pem cannot be read: .*no such file/],
  [["device", "--listen", "7547"], /--listen must be host:port, such as --listen 127\.0\.0\.1:7547/],
] as const) {
  test(`conformance ${args.join(" ")} ends with 2, and says what to write`, async () => {
    const { exitCode, errors } = await conformance(...args);
    assert.equal(exitCode, 2);
    assert.match(errors, says);
  });
}

test("its help names every flag, for either side", async () => {
  const acs = await conformance("--help");
  assert.equal(acs.exitCode, 0);
  for (const flag of [
    "url",
    "user",
    "password",
    "token",
    "ca",
    "insecure-tls",
    "slow",
    "destructive",
    "rule",
    "json",
  ]) {
    assert.match(acs.output, new RegExp(`^ +--${flag}\\b`, "m"));
  }
  const device = await conformance("device", "--help");
  assert.match(device.output, /^ +--listen host:port /m);
});

/** An ACS that shares no code with this one, in a process of its own. */
class SmallAcs implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  static async start(...options: readonly string[]): Promise<SmallAcs> {
    const file = fileURLToPath(new URL("../../conformance/test/peers/run-small-acs.ts", import.meta.url));
    const child = spawn(process.execPath, [file, ...options], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const url of createInterface({ input: child.stdout })) return new SmallAcs(url, child);
    throw new Error("the small ACS did not start");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isOver = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await isOver;
  }
}

/** The URL that the device is to have as its ACS. */
async function urlSaid(kit: HeliographProcess): Promise<string> {
  const line = await kit.line(/^waiting for a device whose ACS is /);
  return line.split(" ").at(-1) ?? "";
}
