import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { DeviceEvent } from "@heliograph/api";
import { acsRpcs, decodeAcsRequest, type AcsRequest, type DeviceKey } from "@heliograph/protocol";
import { rpcSamples } from "../rpc-samples.ts";
import { runAcs } from "../running-acs.ts";
import { bindings, enrolReporting } from "./reporting-device.ts";

const acs = await runAcs();
after(() => acs[Symbol.asyncDispose]());

/** What each report is told as. */
const names: Readonly<Record<string, string>> = {
  Kicked: "kicked-report",
  TransferComplete: "transfer-complete-report",
  AutonomousTransferComplete: "autonomous-transfer-complete-report",
  RequestDownload: "request-download-report",
  DUStateChangeComplete: "dustate-change-complete-report",
  AutonomousDUStateChangeComplete: "autonomous-dustate-change-complete-report",
};

const reports = rpcSamples
  .filter(({ answerer, method }) => answerer === "acs" && Object.hasOwn(names, method))
  .map(({ method, params }) => requestOf(method, params));

test("every request of a device but Inform and GetRPCMethods is a report", () => {
  const others = new Set(["Inform", "GetRPCMethods"]);
  const methods = Object.keys(acsRpcs).filter((method) => !others.has(method));
  assert.deepEqual(Object.keys(names).toSorted(), methods.toSorted());
});

for (const binding of bindings) {
  test(`by ${binding} each report is stored whole by the time that it is answered, told once however often it comes, and found by its name [RPCS-REPORT-3, RPCS-REPORT-4, RPCS-REPORT-5, RPCS-REPORT-6, RPCS-REPORT-7, RPCS-REPORT-8, RPCS-REPORT-9, RPCS-REPORT-11, CWMP-SESSION-14]`, async () => {
    await using device = await enrolReporting(acs.url, binding);
    for (const report of reports) {
      const { method, params } = report;
      for (let count = 0; count < 2; count += 1) {
        assert.deepEqual(await device.ask(report), { result: {} });
        const told = (await kept(device.key)).filter(({ data }) => data["method"] === method);
        assert.deepEqual(
          told.map(({ name, data }) => [name, data["params"]]),
          [[names[method], plain(params)]],
        );
      }
      assert.equal((await first(device.key, names[method] ?? "")).data["method"], method);
    }
  });

  test(`by ${binding} a device is told which methods the ACS has, and that it has no others [RPCS-REPORT-1, RPCS-REPORT-10, RPCS-FAULT-1]`, async () => {
    await using device = await enrolReporting(acs.url, binding);
    const methods = async (): Promise<readonly unknown[]> => {
      const { result } = await device.ask({ method: "GetRPCMethods", params: {} });
      const list: unknown = result?.["MethodList"];
      assert.ok(Array.isArray(list));
      return list.map(String);
    };
    const said = await methods();
    // Those that a light device has besides are in its own list.
    assert.deepEqual(said.slice(0, Object.keys(acsRpcs).length), Object.keys(acsRpcs));
    if (binding === "classic") assert.equal(said.length, Object.keys(acsRpcs).length);
    const { fault } = await device.ask({ method: "X_001122_Dance", params: { Step: "left" } });
    // JSON-RPC has a code of its own for that.
    assert.equal(fault?.code, binding === "classic" || binding === "cwmp.soap" ? 8000 : -32_601);
    assert.deepEqual(await methods(), said, "it goes on");
  });
}

function requestOf(method: string, params: unknown): AcsRequest {
  const request = decodeAcsRequest(method, params);
  assert.ok(request.ok, method);
  return request.value;
}

async function kept(key: DeviceKey): Promise<readonly DeviceEvent[]> {
  return (await acs.client.devices.events(key, { limit: 1_000 })).items;
}

/** The device's first event of that name, as whoever follows events gets it. */
async function first(device: DeviceKey, name: string): Promise<DeviceEvent> {
  const signal = AbortSignal.timeout(30_000);
  for await (const event of acs.client.events({ device, names: [name], after: 0, signal })) return event;
  throw new Error("the event stream ended");
}

/** As it travels. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
