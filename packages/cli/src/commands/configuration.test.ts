import type { Configuration, DesiredState } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import { ago, bodyOf, deviceList, exampleDevice, type Script } from "../scripted-northbound.fixture.ts";

const PATH = "Device.WiFi.Radio.1.Channel";
const OWN = { policy: "private", version: 7, state: "applied" } as const;
const DESIRED: DesiredState = {
  values: [
    { path: PATH, value: 36, ...OWN },
    { path: "Device.WiFi.Radio.*.Enable", value: true, policy: "radios", version: 2, state: "pending" },
  ],
  objects: [{ object: "Device.WiFi.SSID.", key: { SSID: "guests" }, values: { Enable: true }, ...OWN }],
  files: [],
  conflicts: [{ path: PATH, holder: "private", other: "radios", by: "priority", value: 6 }],
};
const KEY = "00D09E-IGD-SN0001";
const CONFIGURATION: Configuration = {
  ...{ device: KEY, version: 7, hold: "mend", set: ago(60), by: "admin" },
  values: { "Device.WiFi.Radio.1.": { Channel: 36 } },
  objects: [],
  compliance: { policy: "private", device: KEY, version: 7, state: "pending", at: ago(60) },
};
const known = deviceList(exampleDevice("SN0001"));

test("what a device is to hold is shown with who says it, and what is left out, with the reason", async () => {
  const script: Script = { ...known, getDesiredState: () => ({ status: 200, body: DESIRED }) };
  const { terminal } = await runAgainst(script, ["configuration", "SN0001"]);
  assert.deepEqual(terminal.output().split("\n"), [
    "is to hold                                                    says     version  it is",
    `${PATH}  36                               private  7        applied`,
    "Device.WiFi.Radio.*.Enable   true                             radios   2        pending",
    'Device.WiFi.SSID.            {"SSID":"guests","Enable":true}  private  7        applied',
    `${PATH}: private holds it; radios says 6, and its priority is lower`,
  ]);
});

test("a device is configured alone with what was written, and what was not is left to the ACS", async () => {
  const script: Script = { ...known, setConfiguration: () => ({ status: 200, body: CONFIGURATION }) };
  const args = ["configuration", "set", "SN0001", `${PATH}=36`, "--hold", "report"];
  const { terminal, asked } = await runAgainst(script, args);
  assert.deepEqual(bodyOf(asked.at(-1)), { hold: "report", values: CONFIGURATION.values });
  assert.deepEqual(terminal.output().split("\n"), [`device   ${KEY}`, "version  7", "it is    pending"]);
});

test("its versions are listed, and it is let go", async () => {
  const { version, hold, values, objects, set, by } = CONFIGURATION;
  const script: Script = {
    ...known,
    listConfigurationVersions: () => ({
      status: 200,
      body: { items: [{ version, hold, values, objects, set, by }] },
    }),
    removeConfiguration: () => ({ status: 204 }),
  };
  const listed = await runAgainst(script, ["configuration", "versions", "SN0001"]);
  assert.deepEqual(listed.terminal.output().split("\n"), [
    "version  set        by",
    "7        1 min ago  admin",
  ]);
  const removed = await runAgainst(script, ["configuration", "remove", "SN0001"]);
  assert.equal(removed.asked.at(-1)?.route, "removeConfiguration");
  assert.match(removed.terminal.output(), /holds what policies of its groups say/);
});
