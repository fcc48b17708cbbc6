import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Operation } from "@heliograph/api";
import { dataModel, faulted, type Handlers } from "@heliograph/agent";
import { startDevice } from "@heliograph/agent/node";
import { deviceKey, faultText, type DeviceKey, type Fault, type JsonObject } from "@heliograph/protocol";
import { runAcs } from "../running-acs.ts";
import { bindings, enrolReporting, type Binding } from "./reporting-device.ts";

const acs = await runAcs();
after(() => acs[Symbol.asyncDispose]());

const standard = Array.from({ length: 33 }, (_, index) => 9000 + index);
/** Reserved ones, and a vendor's, from the first to the last. */
const others = [9033, 9799, 9800, 9899];
/** What a transfer may end with; the last is a vendor's. */
const ofTransfers = [9001, 9002, 9010, 9011, 9012, 9014, 9015, 9016, 9017, 9018, 9019, 9020, 9850];
/** What an operation on a deployment unit may end with. */
const ofUnits = [9001, 9003, 9012, 9013, 9015, 9016, 9017, 9018].concat(standard.slice(22));

for (const binding of bindings) {
  test(`by ${binding} each fault of a device is its operation's, with its code and its text [RPCS-FAULT-9, RPCS-FAULT-10, RPCS-FAULT-11, RPCS-FAULT-12, RPCS-FAULT-13, RPCS-FAULT-14, RPCS-FAULT-15, RPCS-FAULT-16, RPCS-FAULT-17, RPCS-FAULT-18, RPCS-FAULT-19, RPCS-FAULT-20, RPCS-FAULT-21, RPCS-FAULT-22, RPCS-FAULT-23, RPCS-FAULT-24, RPCS-FAULT-25, RPCS-FAULT-26, RPCS-FAULT-27, RPCS-FAULT-28, RPCS-FAULT-29, RPCS-FAULT-30, RPCS-FAULT-31, RPCS-FAULT-32, RPCS-FAULT-33, RPCS-FAULT-34, RPCS-FAULT-35, RPCS-FAULT-36, RPCS-FAULT-37, RPCS-FAULT-38, RPCS-FAULT-39, RPCS-FAULT-40, RPCS-FAULT-41, RPCS-FAULT-42, RPCS-FAULT-43]`, async () => {
    await using device = await refusing(binding, {
      X_00D09E_Refuse: (params) => ({ fault: { code: Number(params["Code"]), message: textOf(params) } }),
    });
    const codes = [...standard, ...others];
    const operations: Operation[] = [];
    for (const code of codes) {
      const params = { Code: code, Text: faultText(code) };
      operations.push(await acs.client.operations.create(device.key, { method: "X_00D09E_Refuse", params }));
    }
    const last = operations.at(-1);
    assert.ok(last !== undefined);
    await device.called(last);
    assert.deepEqual(
      await Promise.all(operations.map(({ id }) => faultOf(id))),
      codes.map((code) => ({ state: "faulted", fault: { code, message: faultText(code) } })),
    );
  });

  test(`by ${binding} a SetParameterValues that is refused says so of each parameter [RPCS-FAULT-44]`, async () => {
    const SetParameterValuesFault = [9006, 9007, 9008].map((code) => ({
      ...{ ParameterName: `Device.X.P${code}`, FaultCode: code, FaultString: faultText(code) },
    }));
    const fault = { code: 9003, message: faultText(9003), data: { SetParameterValuesFault } };
    await using device = await refusing(binding, {
      SetParameterValues: ({ ParameterList }) =>
        "Device.X." in ParameterList ? { fault } : faulted(9001, "no credentials, please"),
    });
    const ParameterList = { "Device.X.": { P9006: "a", P9007: "b", P9008: "c" } };
    const params = { ParameterList };
    const operation = await acs.client.operations.create(device.key, {
      method: "SetParameterValues",
      params,
    });
    await device.called(operation);
    assert.deepEqual(await faultOf(operation.id), { state: "faulted", fault });
  });

  test(`by ${binding} the fault that a transfer or a deployment unit ended with is in what is told of it [RPCS-FAULT-10, RPCS-FAULT-19, RPCS-FAULT-24, RPCS-FAULT-29, RPCS-FAULT-41]`, async () => {
    await using device = await enrolReporting(acs.url, binding);
    const times = { StartTime: "2026-01-01T00:00:00Z", CompleteTime: "2026-01-01T00:01:00Z" };
    for (const code of ofTransfers) {
      const FaultStruct = { FaultCode: code, FaultString: faultText(code) };
      const params = { CommandKey: `transfer ${code}`, FaultStruct, ...times };
      assert.deepEqual(await device.ask({ method: "TransferComplete", params }), { result: {} });
    }
    const unit = { UUID: "00000000-0000-0000-0000-000000000000", CurrentState: "Failed", Resolved: false };
    const Results = ofUnits.map((code) => ({
      ...{ ...unit, ...times, Fault: { FaultCode: code, FaultString: faultText(code) } },
    }));
    const changed = { method: "DUStateChangeComplete", params: { Results, CommandKey: "units" } } as const;
    assert.deepEqual(await device.ask(changed), { result: {} });
    const { items } = await acs.client.devices.events(device.key, { limit: 1_000 });
    const faults = items.flatMap(({ data }) => faultsIn(data));
    assert.deepEqual(
      faults,
      [...ofTransfers, ...ofUnits].map((code) => ({ FaultCode: code, FaultString: faultText(code) })),
    );
  });
}

/** A device that speaks so, and takes no part in credentials. */
async function refusing(binding: Binding, handlers: Handlers) {
  const deviceId = { Manufacturer: "Maker", OUI: "00D09E", ProductClass: "Refuse", SerialNumber: serial() };
  const key = deviceKey(deviceId);
  assert.ok(key !== undefined);
  const device = await startDevice({
    ...{ acsUrl: acs.url, deviceId, dataModel: dataModel({ "Device.X.P9006": "x" }), handlers },
    light: binding === "classic" ? "not" : { subprotocols: [binding] },
  });
  await untilEvent(key, "enrolled");
  return {
    key,
    /** Resolves once the last of what was asked for has ended: it is done in its order. */
    async called({ id }: Operation) {
      if (binding === "classic") await device.informNow();
      await untilEnded(id);
    },
    [Symbol.asyncDispose]: () => device.close(),
  };
}

let serials = 0;
function serial(): string {
  serials += 1;
  return `R${serials}`;
}

async function untilEvent(device: DeviceKey, name: string): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  for await (const event of acs.client.events({ device, names: [name], after: 0, signal })) {
    if (event.name === name) return;
  }
}

async function untilEnded(id: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  for await (const { operation } of acs.client.events({ names: ["operation"], after: 0, signal })) {
    if (operation === id && (await acs.client.operations.get(id)).ended !== undefined) return;
  }
}

async function faultOf(id: string): Promise<{ readonly state: string; readonly fault: Fault | undefined }> {
  const { state, fault } = await acs.client.operations.get(id);
  return { state, fault };
}

function textOf({ Text }: JsonObject): string {
  assert.ok(typeof Text === "string");
  return Text;
}

/** What the parameters of a report say of faults. */
function faultsIn({ params }: JsonObject): readonly unknown[] {
  if (!isObject(params)) return [];
  const { FaultStruct, Results = [] } = params;
  if (FaultStruct !== undefined) return [FaultStruct];
  assert.ok(Array.isArray(Results));
  return Results.filter(isObject).map(({ Fault }) => Fault);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
