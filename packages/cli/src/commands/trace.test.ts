import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Trace } from "@heliograph/api";
import { tempDir } from "@heliograph/testkit";
import { runAgainst } from "../northbound-run.fixture.ts";
import { ago, bodyOf, deviceList, exampleDevice, type Script } from "../scripted-northbound.fixture.ts";

const DEVICE = exampleDevice("SN0001");
const ON: Trace = {
  device: DEVICE.key,
  on: true,
  since: ago(60),
  until: ago(-600),
  by: "local",
  ...{ messages: 2, bytes: 300, first: 1, last: 2 },
};
const message = { id: 1, at: ago(5), direction: "received", binding: "http", bytes: 3 } as const;

const script: Script = {
  ...deviceList(DEVICE),
  getTrace: () => ({ status: 200, body: { trace: { ...ON, on: false }, items: [] } }),
  switchTraceOn: () => ({ status: 200, body: ON }),
  switchTraceOff: () => ({ status: 200, body: { ...ON, on: false } }),
  followTrace: () => ({
    status: 200,
    body:
      `id: 1\ndata: ${JSON.stringify({ ...message, head: "POST / HTTP/1.1\nHost: acs", text: "<a>\u001b[31m" })}\n\n` +
      "event: ended\ndata: {}\n\n",
  }),
  downloadTrace: ({ query }) => ({ status: 200, body: `a trace as ${query["format"] ?? ""}\n` }),
};

test("trace switches a trace on for as long as it is told, and says until when", async () => {
  const { exitCode, terminal, asked } = await runAgainst(script, ["trace", "SN0001", "--for", "10min"]);
  assert.equal(exitCode, 0);
  assert.deepEqual(bodyOf(asked.find(({ route }) => route === "switchTraceOn")), { for: 600 });
  assert.match(terminal.output(), /is on, and ends in \d+ min; 2 messages are kept/);
});

test("trace --off switches it off", async () => {
  const { terminal, asked } = await runAgainst(script, ["trace", "SN0001", "--off"]);
  assert.match(terminal.output(), /is off; 2 messages are kept/);
  assert.ok(!asked.some(({ route }) => route === "switchTraceOn"));
});

test("trace --follow shows what comes until the trace ends, and a device cannot steer the terminal", async () => {
  const { exitCode, terminal } = await runAgainst(script, ["trace", "SN0001", "--follow"]);
  assert.equal(exitCode, 0);
  assert.match(terminal.output(), /^<<< .* #1 {2}http\nPOST \/ HTTP\/1\.1\nHost: acs\n<a>/);
  assert.ok(!terminal.output().includes("\u001b"));
  assert.match(terminal.errors(), /the trace has ended$/);
});

test("a device that is traced already is followed as it is, and for another time only where that is said", async () => {
  const on: Script = { ...script, getTrace: () => ({ status: 200, body: { trace: ON, items: [] } }) };
  const { exitCode, terminal, asked } = await runAgainst(on, ["trace", "SN0001", "--follow"]);
  assert.equal(exitCode, 0);
  assert.ok(!asked.some(({ route }) => route === "switchTraceOn"));
  assert.match(terminal.errors(), /is on already[^]*ends in \d+ min/);
  const anew = await runAgainst(on, ["trace", "SN0001", "--for", "5min", "--follow"]);
  assert.ok(anew.asked.some(({ route }) => route === "switchTraceOn"));
});

test("trace --save writes what is kept to a file, and switches nothing", async () => {
  using folder = tempDir();
  const { asked } = await runAgainst(script, ["trace", "SN0001", "--save", folder.file("t.txt")]);
  assert.equal(readFileSync(folder.file("t.txt"), "utf8"), "a trace as text\n");
  assert.ok(!asked.some(({ route }) => route === "switchTraceOn"));
  const again = await runAgainst(script, ["trace", "SN0001", "--save", folder.file("t.txt")]);
  assert.notEqual(again.exitCode, 0, "a file that is there is not replaced");
});

test("a trace that would be on for too long is refused before anything is asked", async () => {
  const { exitCode, asked } = await runAgainst(script, ["trace", "SN0001", "--for", "25h"]);
  assert.equal(exitCode, 2);
  assert.ok(!asked.some(({ route }) => route === "switchTraceOn"));
});
