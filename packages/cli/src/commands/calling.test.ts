import type { Operation } from "@heliograph/api";
import { tempDir } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import type { RecordedTerminal } from "../recorded-terminal.fixture.ts";
import {
  ago,
  bodyOf,
  deviceList,
  exampleDevice,
  exampleOperation,
  OPERATION,
  type Script,
} from "../scripted-northbound.fixture.ts";

const DEVICE = exampleDevice("SN0001", {
  connectionRequest: {
    attempts: 1,
    last: { at: ago(3), result: "unreachable", detail: "connect ECONNREFUSED" },
    next: ago(-27),
  },
});

/** An operation that is taken, and stands thus each time it is asked after; the last state stays. */
function answering(...states: readonly Partial<Operation>[]): Script {
  let asked = 0;
  return {
    ...deviceList(DEVICE),
    createOperation: () => ({ status: 202, body: exampleOperation() }),
    getOperation: () => ({
      status: 200,
      body: exampleOperation(states[Math.min(asked++, states.length - 1)] ?? {}),
    }),
  };
}

const VALUES = { ParameterList: { "Device.A.": { B: 5, C: ["2026-01-31T00:00:00Z", "dateTime"] } } };
const DONE = { state: "done", ended: ago(0) } as const;

test("get calls GetParameterValues and shows path, value and type", async () => {
  const rpcs = [{ method: "GetParameterValues" }];
  const script = answering({ state: "running" }, { ...DONE, rpcs, result: VALUES });
  const { exitCode, terminal, asked } = await runAgainst(script, ["get", "SN0001", "Device.A.", "Device.D"]);
  assert.equal(exitCode, 0);
  assert.deepEqual(bodyOf(asked.find(({ route }) => route === "createOperation")), {
    method: "GetParameterValues",
    params: { ParameterNames: ["Device.A.", "Device.D"] },
  });
  assert.equal(terminal.output(), "Device.A.B  5\nDevice.A.C  2026-01-31T00:00:00Z  dateTime");
  assert.equal(terminal.errors(), "");
});

test("get --stored asks the ACS and not the device", async () => {
  const script: Script = {
    ...deviceList(DEVICE),
    getParameters: ({ query }) => ({
      status: 200,
      body: {
        ParameterList: {
          "Device.A.": {
            [query["path"] === "Device.A.B" ? "B" : "C"]: { value: "x", at: ago(60), writable: true },
          },
        },
      },
    }),
  };
  const args = ["get", "SN0001", "Device.A.B", "Device.A.C", "--stored"];
  const { exitCode, terminal, asked } = await runAgainst(script, args);
  assert.equal(exitCode, 0);
  assert.match(
    terminal.output(),
    /^path .*\nDevice.A.B  x +1 min ago  writable\nDevice.A.C  x +1 min ago  writable$/,
  );
  assert.deepEqual(asked.at(-1)?.query, { path: "Device.A.C", detail: "true" });
});

test("get without a path needs --stored, and then shows all that is known", async () => {
  const script: Script = {
    ...deviceList(DEVICE),
    getParameters: () => ({ status: 200, body: { ParameterList: {} } }),
  };
  assert.equal((await runAgainst({}, ["get", "SN0001"])).exitCode, 2);
  const { exitCode, terminal, asked } = await runAgainst(script, ["get", "SN0001", "--stored"]);
  assert.equal(exitCode, 0);
  assert.deepEqual(asked.at(-1)?.query, { detail: "true" });
  assert.match(terminal.errors(), /knows nothing of that yet/);
});

test("set sends values in one SetParameterValues", async () => {
  const rpcs = [{ method: "SetParameterValues" }];
  const script = answering({ ...DONE, rpcs, result: { Status: 0 } });
  const args = [
    "set",
    "SN0001",
    "A.B=5",
    "A.C:string=7",
    "--parameter-key",
    "k",
    "--idempotency-key",
    "once",
  ];
  const { exitCode, terminal, asked } = await runAgainst(script, args);
  const created = asked.find(({ route }) => route === "createOperation");
  assert.equal(exitCode, 0);
  assert.equal(terminal.output(), "set");
  assert.equal(created?.headers["idempotency-key"], "once");
  assert.deepEqual(bodyOf(created)["params"], {
    ParameterList: { "A.": { B: 5, C: "7" } },
    ParameterKey: "k",
  });
});

test("a fault is told with every parameter it names, and ends with 1", async () => {
  const fault = {
    code: 9003,
    message: "Invalid arguments",
    data: {
      SetParameterValuesFault: [
        { ParameterName: "A.B", FaultCode: 9007, FaultString: "Invalid parameter value" },
        { ParameterName: "A.C", FaultCode: 9008, FaultString: "Not writable" },
      ],
    },
  };
  const script = answering({
    state: "faulted",
    ended: ago(0),
    rpcs: [{ method: "SetParameterValues" }],
    fault,
  });
  const { exitCode, terminal } = await runAgainst(script, ["set", "SN0001", "A.B=5", "A.C=6"]);
  assert.equal(exitCode, 1);
  assert.equal(terminal.output(), "");
  assert.equal(
    terminal.errors(),
    "SetParameterValues: the device faulted with 9003: Invalid arguments\n" +
      "  A.B: 9007 Invalid parameter value\n  A.C: 9008 Not writable",
  );
});

test("an operation that ends without the device's answer ends with 1 and says why", async () => {
  const script = answering({ state: "outcome-unknown", ended: ago(0), reason: "sent and never answered" });
  const { exitCode, terminal } = await runAgainst(script, ["reboot", "SN0001"]);
  assert.equal(exitCode, 1);
  assert.equal(terminal.errors(), `operation ${OPERATION} ended as outcome-unknown: sent and never answered`);
});

test("a wait that is over says how to follow the operation and what became of the connection request", async () => {
  const { exitCode, terminal } = await runAgainst(answering({}), ["reboot", "SN0001", "--wait", "0"]);
  assert.equal(exitCode, 5);
  assert.ok(terminal.errors().startsWith(`operation ${OPERATION} goes on; it is queued\n`));
  assert.match(terminal.errors(), new RegExp(`heliograph operation ${OPERATION} --wait 60`));
  assert.match(
    terminal.errors(),
    /the device has not come yet; connection request: the last one, 3 s ago, was not answered \(connect ECONNREFUSED\); the next try is in \d+ s, at \d\d:\d\d:\d\d$/,
  );
});

test("an operation that is with the device is not offered for cancelling", async () => {
  const script = answering({ state: "running" });
  const { exitCode, terminal } = await runAgainst(script, ["reboot", "SN0001", "--wait", "0.01"]);
  assert.equal(exitCode, 5);
  assert.match(terminal.errors(), /it was sent to the device, which has not answered yet/);
  assert.doesNotMatch(terminal.errors(), /heliograph cancel/);
});

test("Ctrl-C ends the wait and not the operation", async () => {
  let interrupt = (): void => undefined;
  const script: Script = {
    ...answering({}),
    getOperation() {
      interrupt();
      return { status: 200, body: exampleOperation() };
    },
  };
  const onStart = (terminal: RecordedTerminal): void => {
    interrupt = () => terminal.interrupt();
  };
  const { exitCode, terminal } = await runAgainst(script, ["reboot", "SN0001"], { onStart });
  assert.equal(exitCode, 5);
  assert.match(terminal.errors(), new RegExp(`operation ${OPERATION} goes on; it is queued`));
});

test("an ACS that is away for a moment ends no wait", async () => {
  const states = answering({ ...DONE, result: {} });
  let isAway = true;
  const script: Script = {
    ...states,
    getOperation(asked) {
      if (!isAway) return states.getOperation?.(asked) ?? { refuses: "internal" };
      isAway = false;
      return { refuses: "closing" };
    },
  };
  const { exitCode, terminal } = await runAgainst(script, ["reboot", "SN0001"]);
  assert.equal(exitCode, 0);
  assert.equal(terminal.output(), "Reboot: done");
});

test("an answer that is lost leaves a key with which the same command does nothing twice", async () => {
  const script: Script = { ...answering({}), createOperation: () => "cut" };
  const { exitCode, terminal, asked } = await runAgainst(script, ["reboot", "SN0001"]);
  assert.equal(exitCode, 3);
  const key = asked.at(-1)?.headers["idempotency-key"];
  assert.ok(typeof key === "string");
  assert.ok(terminal.errors().endsWith(`does nothing twice with\n  --idempotency-key ${key}`));
});

test("--detach prints the id and nothing else", async () => {
  const { exitCode, terminal, asked } = await runAgainst(answering({}), ["reboot", "SN0001", "--detach"]);
  assert.equal(exitCode, 0);
  assert.equal(terminal.output(), OPERATION);
  assert.equal(terminal.errors(), "");
  assert.equal(asked.at(-1)?.route, "createOperation");
});

test("--json gives the operation as the API has it, faults too", async () => {
  const ended = {
    state: "faulted",
    ended: ago(0),
    fault: { code: 9002, message: "Internal error" },
  } as const;
  const { exitCode, terminal } = await runAgainst(answering(ended), ["reboot", "SN0001", "--json"]);
  assert.equal(exitCode, 1);
  assert.deepEqual(JSON.parse(terminal.output()), exampleOperation(ended));
});

test("--expires takes seconds or a time", async () => {
  for (const [written, sent] of [
    ["3600", 3600],
    ["2026-02-01T00:00:00+01:00", "2026-01-31T23:00:00.000Z"],
  ] as const) {
    const { asked } = await runAgainst(answering(DONE), ["reboot", "SN0001", "--expires", written]);
    assert.equal(bodyOf(asked.find(({ route }) => route === "createOperation"))["expires"], sent);
  }
});

test("a flag that cannot be used is refused before the device is called", async () => {
  for (const flag of ["--wait=soon", "--expires=soon", "--expires=1h"]) {
    const { exitCode, asked } = await runAgainst(answering(DONE), ["reboot", "SN0001", flag]);
    assert.equal(exitCode, 2);
    assert.ok(
      asked.every(({ route }) => route !== "createOperation"),
      flag,
    );
  }
});

test("call takes any method, with parameters as JSON or from standard input", async () => {
  const params = { ObjectName: "Device.NAT.PortMapping." };
  const result = { InstanceNumber: 3, Status: 0 };
  const script = answering({ ...DONE, rpcs: [{ method: "AddObject" }], result });
  for (const written of [JSON.stringify(params), "-"]) {
    const input = JSON.stringify(params);
    const args = ["call", "SN0001", "AddObject", written];
    const { exitCode, terminal, asked } = await runAgainst(script, args, { input });
    assert.equal(exitCode, 0);
    assert.deepEqual(bodyOf(asked.find(({ route }) => route === "createOperation")), {
      method: "AddObject",
      params,
    });
    assert.deepEqual(JSON.parse(terminal.output()), result);
  }
});

test("call --rpcs calls a sequence and shows what each came to", async () => {
  using folder = tempDir();
  const rpcs = [
    { method: "X_00D09E_Ring" },
    { method: "GetParameterValues", params: { ParameterNames: ["A."] } },
  ];
  writeFileSync(folder.file("rpcs.json"), JSON.stringify(rpcs));
  const results = [{ result: { Times: 3 } }, { fault: { code: 9005, message: "Invalid parameter name" } }];
  const script = answering({ state: "faulted", ended: ago(0), rpcs, results });
  const { exitCode, terminal, asked } = await runAgainst(script, [
    "call",
    "SN0001",
    "--rpcs",
    folder.file("rpcs.json"),
  ]);
  assert.equal(exitCode, 1);
  assert.deepEqual(bodyOf(asked.find(({ route }) => route === "createOperation")), { rpcs });
  assert.equal(terminal.output(), 'X_00D09E_Ring\n{\n  "Times": 3\n}\nGetParameterValues');
  assert.match(terminal.errors(), /GetParameterValues: the device faulted with 9005/);
});

const refused: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [[], /<method> is missing/],
  [["Reboot", "[]"], /must be a JSON object/],
  [["Reboot", "{"], /must be a JSON object/],
  [["Reboot", "--rpcs", "x.json"], /takes the place of a method/],
  [["--rpcs", "/nowhere/x.json"], /\/nowhere\/x.json cannot be read/],
  [["--rpcs", "-"], /must hold a JSON list/],
];
for (const [args, says] of refused) {
  test(`call ${args.join(" ")} is refused`, async () => {
    const { exitCode, terminal } = await runAgainst({}, ["call", "SN0001", ...args], { input: "{}" });
    assert.equal(exitCode, 2);
    assert.match(terminal.errors(), says);
  });
}
