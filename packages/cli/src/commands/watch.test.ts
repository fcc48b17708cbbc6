import type { DeviceEvent } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import type { RecordedTerminal } from "../recorded-terminal.fixture.ts";
import { ago, deviceList, exampleDevice, OPERATION, type Script } from "../scripted-northbound.fixture.ts";
import { clockTime } from "../time-words.ts";

const DEVICE = exampleDevice("SN0001");

const BOOT: DeviceEvent = {
  id: 7,
  at: ago(5),
  device: DEVICE.key,
  name: "boot",
  data: { code: "1 BOOT", commandKey: "" },
};
const ENDED: DeviceEvent = {
  id: 8,
  at: ago(4),
  device: DEVICE.key,
  name: "operation",
  operation: OPERATION,
  data: { state: "done" },
};

function streamed(...events: readonly DeviceEvent[]): string {
  return events.map((event) => `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

/** Streams that end after these events, one stream after the other. */
function streaming(...streams: readonly (readonly DeviceEvent[])[]): Script {
  let opened = 0;
  return {
    ...deviceList(DEVICE),
    followEvents: () => ({ status: 200, body: streamed(...(streams[opened++] ?? [])) }),
  };
}

/** Ctrl-C once so many lines were shown. */
function until(lines: number) {
  return (_line: string, terminal: RecordedTerminal): void => {
    if (terminal.output().split("\n").length >= lines) terminal.interrupt();
  };
}

test("every event is a line: id, time, device, name and what belongs to it", async () => {
  const { exitCode, terminal } = await runAgainst(streaming([BOOT, ENDED]), ["watch"], { onOut: until(2) });
  assert.equal(exitCode, 0);
  assert.deepEqual(terminal.output().split("\n"), [
    `#7  ${clockTime(BOOT.at)}  ${DEVICE.key}  boot  code=1 BOOT commandKey=`,
    `#8  ${clockTime(ENDED.at)}  ${DEVICE.key}  operation  ${OPERATION} state=done`,
  ]);
});

test("who comes to the light transport and who leaves it is told with how", async () => {
  const connected = { ...BOOT, name: "connected", data: { subprotocol: "cwmp.json", address: "192.0.2.7" } };
  const left = { ...BOOT, id: 8, name: "disconnected", data: { detail: "1001, by the ACS: draining" } };
  const { terminal } = await runAgainst(streaming([connected, left]), ["watch"], {
    onOut: until(2),
    isColoured: true,
  });
  const lines = terminal.output().split("\n");
  assert.match(
    lines[0] ?? "",
    /\u001b\[32mconnected\u001b\[39m {2}subprotocol=cwmp\.json address=192\.0\.2\.7$/,
  );
  assert.match(lines[1] ?? "", /\u001b\[33mdisconnected\u001b\[39m {2}detail=1001, by the ACS: draining$/);
});

test("a lost stream is opened again behind the last event seen", async () => {
  const script = streaming([BOOT], [ENDED]);
  const { terminal, asked } = await runAgainst(script, ["watch"], { onOut: until(2) });
  const streams = asked.filter(({ route }) => route === "followEvents");
  assert.deepEqual(
    streams.map(({ headers }) => headers["last-event-id"]),
    [undefined, "7"],
  );
  assert.match(terminal.errors(), /^the event stream was lost \(.+\); trying again in 1 s$/);
  assert.equal(terminal.output().split("\n").length, 2);
});

test("--json gives one event to a line, as the API has it", async () => {
  const script = streaming([BOOT, ENDED]);
  const { terminal } = await runAgainst(script, ["watch", "--json"], { onOut: until(2) });
  const lines = terminal.output().split("\n");
  assert.deepEqual(
    lines.map((line): unknown => JSON.parse(line)),
    [BOOT, ENDED],
  );
});

test("a device, --since and --names narrow the stream", async () => {
  const args = ["watch", "SN0001", "--since", "6", "--names", "boot,operation"];
  const { asked } = await runAgainst(streaming([BOOT]), args, { onOut: until(1) });
  const stream = asked.find(({ route }) => route === "followEvents");
  assert.equal(stream?.query["device"], DEVICE.key);
  assert.equal(stream.headers["last-event-id"], "6");
  assert.equal(stream.query["name"], "operation", "the last of two");
});

test("an ACS that does not know the device or the token is told at once, not tried for ever", async () => {
  assert.equal((await runAgainst(streaming(), ["watch", "nowhere"])).exitCode, 2);
  const environment = { HELIOGRAPH_TOKEN: "wrong" };
  assert.equal((await runAgainst(streaming(), ["watch"], { environment })).exitCode, 4);
});
