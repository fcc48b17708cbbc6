import assert from "node:assert/strict";
import { test } from "node:test";
import { countGrouped, grouped, type ParameterValues } from "@heliograph/protocol";
import { LockstepDevice } from "@heliograph/testkit";
import { runAcs } from "./running-acs.ts";

/** What TR-181 2.16 defines. */
const OBJECTS = 632;
const PARAMETERS = 5870;
const ROWS = 5000;

test("a whole device of TR-181, with a table of many rows, is read at once and known afterwards [CWMP-SIZE-3]", async () => {
  await using acs = await runAcs();
  await using device = new LockstepDevice({ acsUrl: acs.url });
  await device.inform({ events: ["0 BOOTSTRAP"] });
  await device.expectRpc("SetParameterValues");
  await device.fault(9001, "no credentials, please");
  await device.expectNothing();

  const { id } = await acs.client.operations.create(device.key, {
    method: "GetParameterValues",
    params: { ParameterNames: ["Device."] },
  });
  await device.inform();
  await device.expectRpc("GetParameterValues");
  const values = wholeDevice();
  await device.answer({ ParameterList: values });
  await device.expectNothing();

  const { state, result } = await acs.client.operations.get(id);
  assert.equal(state, "done");
  assert.deepEqual(result, plain({ ParameterList: values }));
  const { ParameterList: known } = await acs.client.devices.parameters(device.key, "Device.");
  for (const [object, leaves] of Object.entries(values)) {
    assert.deepEqual(known[object], plain(leaves), object);
  }
});

/** As many objects and parameters as there are definitions, and a table of hosts besides. */
function wholeDevice(): ParameterValues {
  const defined = Array.from({ length: PARAMETERS }, (_, at) => {
    const object = at % OBJECTS;
    const path = `Device.Service${object % 40}.Function${object}.1.Parameter${at}`;
    return [path, `the value of parameter ${at}`] as const;
  });
  const hosts = Array.from({ length: ROWS }, (_, at) => {
    return [`Device.Hosts.Host.${at + 1}.PhysAddress`, `00:D0:9E:00:00:${at}`] as const;
  });
  const values = grouped([...defined, ...hosts]);
  assert.equal(Object.keys(values).length, OBJECTS + ROWS);
  assert.equal(countGrouped(values), PARAMETERS + ROWS);
  return values;
}

/** Without prototypes, as JSON has it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
