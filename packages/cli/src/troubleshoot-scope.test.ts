import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "./command-error.ts";
import { scopeOfWords } from "./troubleshoot-scope.ts";

const READING = ["GetParameterValues", "GetParameterNames", "GetParameterAttributes"];

test("left out, everything is read and nothing is written", () => {
  assert.deepEqual(scopeOfWords(undefined), {
    read: ["Device.", "InternetGatewayDevice."],
    write: [],
    methods: READING,
  });
});

test("paths to read and to write bring the methods that they bound, and others are named", () => {
  const { read, write, methods } = scopeOfWords("read:Device.WiFi., write:Device.WiFi.Radio.,Reboot");
  assert.deepEqual([read, write], [["Device.WiFi."], ["Device.WiFi.Radio."]]);
  assert.deepEqual(methods, [
    ...READING,
    ...["SetParameterValues", "SetParameterAttributes", "AddObject", "DeleteObject"],
    "Reboot",
  ]);
  assert.deepEqual(scopeOfWords("Reboot"), { read: [], write: [], methods: ["Reboot"] });
});

test("what is neither a path with its verb nor an RPC is wrong usage", () => {
  for (const may of ["wirte:Device.", "read:", "write:", "Re boot", "Device.WiFi.", "read:Device.,x:y"]) {
    assert.throws(() => scopeOfWords(may), UsageError, may);
  }
});
