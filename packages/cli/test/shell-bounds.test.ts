import { dataModel } from "@heliograph/agent";
import { startDevice } from "@heliograph/agent/node";
import { createClient, type Client } from "@heliograph/api/client";
import { readClientFile } from "@heliograph/server/data-folder";
import { freePort, seededRandom, tempDir } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { test } from "node:test";
import { recordedTerminal } from "../src/recorded-terminal.fixture.ts";
import { run } from "../src/run.ts";
import { HeliographProcess } from "./heliograph-process.ts";

const ROUNDS = 40;
const KEY = "00D09E-IGD-SN0001";
const SECRET = "open sesame";
const PATHS = [
  "Device.WiFi.Radio.1.Channel",
  "Device.WiFi.Radio.1.Enable",
  "Device.WiFi.Radio.11.Channel",
  "Device.WiFi.RadioNumberOfEntries",
  "Device.WiFi.SSID.1.SSID",
  "Device.WiFi.AccessPoint.1.Security.KeyPassphrase",
  "Device.Time.NTPServer1",
];
/** What may be granted, and asked for. */
const PLACES = [
  ...PATHS,
  "Device.",
  "Device.WiFi.",
  "Device.WiFi.Radio.",
  "Device.WiFi.Radio.1.",
  "Device.WiFi.Radio.*.Channel",
  "Device.WiFi.AccessPoint.",
  "Device.Time.",
  "device.WiFi.",
  "Device.WiFi.Radio.1",
];

test(`of ${ROUNDS} grants, none has a shell show what it does not read [MANAGE-SHELL-1]`, async (t) => {
  const random = seededRandom((line) => t.diagnostic(line));
  const pick = (from: readonly string[]): string => from[random.integer(0, from.length - 1)] ?? "";
  await using bench = await openBench();
  let shown = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const read = [pick(PLACES), pick(PLACES)].filter((place) => place.startsWith("Device."));
    if (read.length === 0) continue;
    const grant = { holder: "support", reason: "test", devices: [KEY], read, seconds: 600 };
    const { token } = await bench.client.grants.create(grant);
    const verb = pick(["get", "known", "names", "watch"]);
    const place = pick(PLACES);
    const line = verb === "watch" ? `watch ${place} times=1` : `${verb} ${place}`;
    const terminal = recordedTerminal({
      environment: { HELIOGRAPH_URL: bench.url, HELIOGRAPH_TOKEN: token },
    });
    const exitCode = await run(["troubleshoot", "--run", line], terminal);
    const said = `${line} by ${read.join(" ")}: ${exitCode}\n${terminal.output()}\n${terminal.errors()}`;
    assert.ok([0, 1, 2, 4].includes(exitCode), said);
    assert.ok(!said.includes(SECRET), said);
    for (const path of terminal.output().match(/Device\.[\w.]+/g) ?? []) {
      shown += 1;
      assert.ok(
        read.some((prefix) => isWithin(path, prefix)),
        said,
      );
    }
  }
  assert.ok(shown > 0);
});

/** By the text alone, and so in another way than the server does. */
function isWithin(path: string, prefix: string): boolean {
  const pattern = prefix.replaceAll(".", "\\.").replaceAll("*", "\\d+");
  return new RegExp(`^${pattern}${prefix.endsWith(".") ? "" : "$"}`).test(path);
}

interface Bench extends AsyncDisposable {
  readonly url: string;
  readonly client: Client;
}

/** A server with one device, of which the ACS knows everything. */
async function openBench(): Promise<Bench> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(tempDir());
  const environment = { HOME: folder.path, HELIOGRAPH_DATA: folder.file("data") };
  const southbound = `127.0.0.1:${await freePort()}`;
  const listeners = ["--southbound", southbound, "--northbound", `127.0.0.1:${await freePort()}`];
  const server = stack.use(new HeliographProcess(["serve", ...listeners], environment));
  await server.line(/^Try next:$/);
  const watch = stack.use(new HeliographProcess(["watch", "--since", "0"], environment));
  const device = await startDevice({
    acsUrl: `http://${southbound}/`,
    deviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "IGD", SerialNumber: "SN0001" },
    dataModel: dataModel(
      Object.fromEntries(
        PATHS.map((path) => [path, path.endsWith("KeyPassphrase") ? SECRET : "shown"] as const),
      ),
    ),
    light: "not",
    restartMs: 0,
  });
  stack.defer(() => device.close());
  await watch.line(/ credentials-confirmed/);
  const file = readClientFile(folder.file("data/client.json"));
  assert.ok(file !== undefined);
  const client = createClient(file);
  await client.call(KEY, "GetParameterValues", { params: { ParameterNames: ["Device."] } });
  return { url: file.url, client, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
