import type { LiveMessage } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import type { RecordedTerminal } from "../recorded-terminal.fixture.ts";
import { ago, deviceList, exampleDevice, type Script } from "../scripted-northbound.fixture.ts";
import { clockTime } from "../time-words.ts";

const DEVICE = exampleDevice("SN0001");
const WAY: LiveMessage = { type: "way", way: "observe", every: 5 };

function values(at: string, Channel: number): LiveMessage {
  return { type: "values", at, values: { "Device.WiFi.Radio.1.": { Channel, Enable: true } } };
}

function streaming(...said: readonly LiveMessage[]): Script {
  const body = said.map((each, index) => `id: ${index + 1}\ndata: ${JSON.stringify(each)}\n\n`).join("");
  return { ...deviceList(DEVICE), watchLive: () => ({ status: 200, body }) };
}

/** Ctrl-C once so many lines were shown. */
function until(lines: number) {
  return (_line: string, terminal: RecordedTerminal): void => {
    if (terminal.output().split("\n").length >= lines) terminal.interrupt();
  };
}

test("each value that is not what it was is a line, and which way they come is said first", async () => {
  const said = [WAY, values(ago(9), 6), values(ago(4), 11)];
  const { exitCode, terminal } = await runAgainst(
    streaming(...said),
    ["live", "SN0001", "Device.WiFi.", "--interval", "5s"],
    { onOut: until(3) },
  );
  assert.equal(exitCode, 0);
  assert.deepEqual(terminal.output().split("\n"), [
    `${clockTime(ago(9))}  Device.WiFi.Radio.1.Channel = 6`,
    `${clockTime(ago(9))}  Device.WiFi.Radio.1.Enable = true`,
    `${clockTime(ago(4))}  Device.WiFi.Radio.1.Channel = 11`,
  ]);
  assert.match(terminal.errors(), /the device tells every 5 s/);
});

test("a device that is read is said to be, with what is in the way", async () => {
  const way: LiveMessage = {
    type: "way",
    way: "read",
    every: 30,
    detail: "the device cannot be reached now",
  };
  const { terminal } = await runAgainst(
    streaming(way, values(ago(1), 6)),
    ["live", "SN0001", "Device.", "--json"],
    {
      onOut: until(2),
    },
  );
  assert.deepEqual(
    terminal.output().split("\n"),
    [way, values(ago(1), 6)].map((each) => JSON.stringify(each)),
  );
});

for (const [wrong, args] of [
  ["no path", ["SN0001"]],
  ["an interval that is too short", ["SN0001", "Device.", "--interval", "100ms"]],
] as const) {
  test(`${wrong} is refused before anybody is asked`, async () => {
    const { exitCode } = await runAgainst({}, ["live", ...args]);
    assert.equal(exitCode, 2);
  });
}
