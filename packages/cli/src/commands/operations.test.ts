import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import {
  ago,
  deviceList,
  exampleDevice,
  exampleOperation,
  OPERATION,
  type Script,
} from "../scripted-northbound.fixture.ts";

const DONE = exampleOperation({ state: "done", ended: ago(1), result: {} });

test("operations are listed newest first, those of one device where it is named", async () => {
  const script: Script = {
    ...deviceList(exampleDevice("SN0001")),
    listOperations: () => ({ status: 200, body: { items: [exampleOperation()], next: "more" } }),
  };
  const args = ["operations", "SN0001", "--state", "queued", "--limit", "1"];
  const { exitCode, terminal, asked } = await runAgainst(script, args);
  assert.equal(exitCode, 0);
  assert.deepEqual(asked.at(-1)?.query, { device: "00D09E-IGD-SN0001", state: "queued", limit: "1" });
  assert.match(terminal.output(), new RegExp(`\n00D09E-IGD-SN0001 +${OPERATION} +queued .* Reboot$`));
  assert.equal(terminal.errors(), "there are older ones: --limit");
});

test("a state that there is not is refused with those there are", async () => {
  const { exitCode, terminal } = await runAgainst({}, ["operations", "--state", "lost"]);
  assert.equal(exitCode, 2);
  assert.match(terminal.errors(), /--state must be one of queued, running, transferring, done,/);
});

test("an operation is shown as it stands, an open one with what it waits for", async () => {
  const script: Script = {
    getOperation: () => ({ status: 200, body: exampleOperation() }),
    getDevice: () => ({ status: 200, body: exampleDevice("SN0001") }),
  };
  const { exitCode, terminal } = await runAgainst(script, ["operation", OPERATION]);
  assert.equal(exitCode, 0);
  assert.match(terminal.output(), new RegExp(`^${OPERATION}\n {2}device +00D09E-IGD-SN0001\n`));
  assert.match(terminal.output(), /^ {2}expires +in (?:1 d|23 h) /m);
  assert.match(terminal.output(), /the device has not come yet; connection request: none was needed yet$/);
});

test("an operation that ended is shown with its answer, and is no failure of this command", async () => {
  const fault = { code: 9002, message: "Internal error" };
  const body = exampleOperation({ state: "faulted", ended: ago(1), fault });
  const script: Script = { getOperation: () => ({ status: 200, body }) };
  const { exitCode, terminal } = await runAgainst(script, ["operation", OPERATION]);
  assert.equal(exitCode, 0);
  assert.match(terminal.errors(), /Reboot: the device faulted with 9002: Internal error/);
});

test("operation --wait follows to the end, with the exit code of the end", async () => {
  let asked = 0;
  const script: Script = {
    getOperation: () => ({ status: 200, body: asked++ === 0 ? exampleOperation() : DONE }),
  };
  const { exitCode, terminal } = await runAgainst(script, ["operation", OPERATION, "--wait", "60"]);
  assert.equal(exitCode, 0);
  assert.equal(terminal.output(), "Reboot: done");
});

test("cancel takes an operation back, or says why it cannot", async () => {
  const cancelled = exampleOperation({ state: "cancelled", ended: ago(0) });
  const taken = await runAgainst({ cancelOperation: () => ({ status: 200, body: cancelled }) }, [
    "cancel",
    OPERATION,
  ]);
  assert.equal(taken.exitCode, 0);
  assert.equal(taken.terminal.output(), `operation ${OPERATION} is cancelled`);
  const running: Script = {
    cancelOperation: () => ({ refuses: "operation-running", detail: "it is with the device" }),
  };
  const refused = await runAgainst(running, ["cancel", OPERATION]);
  assert.equal(refused.exitCode, 2);
  assert.match(refused.terminal.errors(), /the ACS refused \(409, .+\): it is with the device/);
});

test("the audit log tells who changed what", async () => {
  const items = [
    { id: 2, at: ago(60), manager: "local", action: "approve-device", device: "00D09E-IGD-SN1", detail: {} },
    { id: 1, at: ago(90), manager: "admin", action: "create-token", detail: { name: "desk" } },
    {
      ...{ id: 3, at: ago(30), manager: "jo", action: "call", device: "00D09E-IGD-SN1" },
      detail: { operation: OPERATION, methods: ["SetParameterValues"] },
      ...{ operation: OPERATION, state: "faulted", faults: [{ code: 9007, message: "no" }] },
      changes: [{ path: "Device.A", before: 1, asked: 7, after: 1 }],
    },
  ];
  const script: Script = { listAudit: () => ({ status: 200, body: { items } }) };
  const { exitCode, terminal } = await runAgainst(script, ["audit"]);
  assert.equal(exitCode, 0);
  assert.match(terminal.output(), /local +approve-device +00D09E-IGD-SN1$/m);
  assert.match(terminal.output(), /admin +create-token +\{"name":"desk"\}$/m);
  const call = /jo +SetParameterValues +00D09E-IGD-SN1 +faulted 9007 +Device\.A: 1 -> 7, is 1; /m;
  assert.match(terminal.output(), call);
  const json = await runAgainst(script, ["audit", "--json"]);
  assert.deepEqual(JSON.parse(json.terminal.output()), items);
});
