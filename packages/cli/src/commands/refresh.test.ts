import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import {
  ago,
  bodyOf,
  deviceList,
  exampleDevice,
  exampleOperation,
  type Script,
} from "../scripted-northbound.fixture.ts";

const DEVICE = exampleDevice("SN0001", {
  strain: { reason: "silent", strikes: 3, at: ago(10), until: ago(-290) },
});

const rpcs = [{ method: "Refresh" }];
const refresh = {
  paths: ["Device.A."],
  rpcs: 7,
  read: 40,
  left: { parameters: 0, objects: 0 },
  bytes: 900,
  batch: 64,
  unreadable: { count: 1, items: [{ path: "Device.A.B", fault: { code: 9005, message: "Invalid name" } }] },
  leftOut: { count: 3, items: ["Device.A.C.", "Device.A.D."] },
};

const script: Script = {
  ...deviceList(DEVICE),
  refreshDevice: () => ({ status: 202, body: exampleOperation({ rpcs }) }),
  getOperation: () => ({
    status: 200,
    body: exampleOperation({
      state: "done",
      ended: ago(0),
      rpcs,
      refresh,
      reason: "it stopped at its bound of 7 RPCs",
    }),
  }),
  relieveDevice: () => ({ status: 200, body: exampleDevice("SN0001") }),
};

test("refresh says how much was read, what could not be, and what was left out", async () => {
  const args = ["refresh", "SN0001", "Device.A.", "--max-rpcs", "7"];
  const { exitCode, terminal, asked } = await runAgainst(script, args);
  assert.equal(exitCode, 0);
  assert.deepEqual(bodyOf(asked.find(({ route }) => route === "refreshDevice")), {
    paths: ["Device.A."],
    bounds: { rpcs: 7 },
  });
  assert.equal(terminal.output(), "40 parameters read in 7 RPCs");
  assert.deepEqual(terminal.errors().split("\n"), [
    "not read: 1",
    "  Device.A.B: 9005 Invalid name",
    "it stopped at its bound of 7 RPCs",
    "  Device.A.C.",
    "  Device.A.D.",
    "  and 1 more",
  ]);
});

test("a refresh without a path asks for what is known and the first levels", async () => {
  const { asked } = await runAgainst(script, ["refresh", "SN0001"]);
  assert.deepEqual(bodyOf(asked.find(({ route }) => route === "refreshDevice")), {});
});

test("relieve says that a device is left alone no longer", async () => {
  const { exitCode, terminal } = await runAgainst(script, ["relieve", "SN0001"]);
  assert.equal(exitCode, 0);
  assert.match(terminal.output(), /is left alone no longer/);
});
