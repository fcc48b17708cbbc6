import type { File, Operation } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import { deviceList, exampleDevice } from "../scripted-northbound.fixture.ts";

const device = exampleDevice("SN1");
const file: File = {
  id: "0123456789abcdef",
  name: "router 2.1.bin",
  kind: "1 Firmware Upgrade Image",
  version: "2.1",
  oui: "00D09E",
  bytes: 12,
  sha256: "0".repeat(64),
  md5: "0".repeat(32),
  added: "2026-01-31T12:00:00.000Z",
};
const going: Operation = {
  id: "a".repeat(32),
  device: device.key,
  state: "transferring",
  rpcs: [{ method: "Download", params: {} }],
  attempts: 1,
  created: "2026-01-31T12:00:00.000Z",
  expires: "2026-02-01T12:00:00.000Z",
  transfer: {
    kind: "Download",
    commandKey: "k",
    file: file.id,
    state: "transferring",
    progress: { bytes: 5, of: 12, at: "2026-01-31T12:00:00.000Z" },
  },
};
const report = { faultCode: 0, startTime: "2026-01-31T12:00:00Z", completeTime: "2026-01-31T12:01:00Z" };

test("files are listed with what they are and whom they are for", async () => {
  const script = { listFiles: () => ({ status: 200, body: { items: [file] } }) };
  const { exitCode, terminal } = await runAgainst(script, ["files", "list"]);
  assert.equal(exitCode, 0);
  assert.match(
    terminal.output(),
    /0123456789abcdef +router 2\.1\.bin \(2\.1\) +1 Firmware Upgrade Image +12 .*00D09E/,
  );
});

test("a kind of file that there is not is refused with those there are", async () => {
  const { exitCode, terminal } = await runAgainst({}, [
    "files",
    "add",
    import.meta.filename,
    "--kind",
    "music",
  ]);
  assert.equal(exitCode, 2);
  assert.match(terminal.errors(), /firmware, web, config, tone, ringer/);
});

test("a download that goes on says how far the device has come", async () => {
  const script = {
    ...deviceList(device),
    getDevice: () => ({ status: 200, body: device }),
    downloadFile: () => ({ status: 202, body: going }),
    getOperation: () => ({ status: 200, body: going }),
  };
  const { terminal, asked } = await runAgainst(script, ["download", "SN1", file.id, "--wait", "0"]);
  assert.match(terminal.errors(), /the device has fetched 5 of 12 bytes, and is to say what came of it/);
  assert.deepEqual(asked.find(({ route }) => route === "downloadFile")?.body, { file: file.id });
});

test("a backup that has come says which file it is", async () => {
  const transfer = {
    ...going.transfer,
    kind: "Upload",
    commandKey: "k",
    state: "completed",
    report,
  } as const;
  const done: Operation = { ...going, state: "done", ended: going.created, transfer };
  const script = { ...deviceList(device), uploadFile: () => ({ status: 200, body: done }) };
  const { exitCode, terminal } = await runAgainst(script, ["backup", "SN1"]);
  assert.equal(exitCode, 0);
  assert.match(terminal.output(), /Upload: the device says that it is done; file 0123456789abcdef/);
});

test("a firmware that was fetched says what the device ran before, and what it runs now", async () => {
  const transfer = {
    ...going.transfer,
    kind: "Download",
    commandKey: "k",
    state: "completed",
    report,
  } as const;
  const download = (before: string, after: string) => {
    const done: Operation = {
      ...going,
      state: "done",
      transfer: { ...transfer, software: { before, after } },
    };
    const script = { ...deviceList(device), downloadFile: () => ({ status: 200, body: done }) };
    return runAgainst(script, ["download", "SN1", file.id]);
  };
  assert.match((await download("2.0", "2.1")).terminal.output(), /; it ran 2\.0, and runs 2\.1$/m);
  assert.match((await download("2.0", "2.0")).terminal.output(), /; it still runs 2\.0$/m);
});
