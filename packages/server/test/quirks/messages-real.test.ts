import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { TestContext } from "node:test";
import type { OperationRequest, Parameters } from "@heliograph/api";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "../running-server.ts";
import { BareWire } from "./bare-wire.ts";
import { postText, readCall } from "./bare-device.ts";
import { assertInformed, assertNothing, called, oddDevice } from "./messages-odd-device.ts";
import type { Frame } from "./messages-odd-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

type Value = Parameters["ParameterList"][string][string];

/** An Inform that a real device sent, how it is answered, and what of it is looked for in the store. */
interface RealInform {
  readonly file: string;
  readonly rules: string;
  readonly frame: Frame;
  readonly key: string;
  readonly oui: string;
  readonly value: readonly [object: string, name: string, value: Value];
}

const CWMP_1_0 = "urn:dslforum-org:cwmp-1-0";

const informs: readonly RealInform[] = [
  {
    file: "047-motorola-mobility-Inform.xml",
    rules: "QUIRKS-MESSAGE-10, QUIRKS-MESSAGE-18",
    frame: { id: null, namespace: CWMP_1_0, declaration: true },
    key: "001404-VAP2404E-M91342SA1JJ0",
    oui: "001404",
    value: ["Device.LAN.", "IPAddress", "2.110.24.198"],
  },
  {
    file: "093-mikrotik-Inform.xml",
    rules: "QUIRKS-MESSAGE-10, QUIRKS-MESSAGE-19",
    frame: { id: null, namespace: CWMP_1_0 },
    key: "E48D8C-hAP%20mini-B7B20A1DE3F0",
    oui: "E48D8C",
    value: ["Device.ManagementServer.", "AliasBasedAddressing", false],
  },
  {
    file: "095-siemens-subscriber-netwo-Inform.xml",
    rules: "QUIRKS-MESSAGE-18, QUIRKS-MESSAGE-26",
    frame: { id: "1234", namespace: CWMP_1_0, declaration: true },
    key: "000B23-SpeedStream-00E026000263",
    oui: "000B23",
    value: ["InternetGatewayDevice.DeviceInfo.", "HardwareVersion", "F240"],
  },
  {
    file: "097-broadcom-Inform.xml",
    rules: "QUIRKS-MESSAGE-70",
    frame: { id: "629695424", namespace: CWMP_1_0, declaration: true },
    key: "A06518-968380GERG-a0651806d37f",
    oui: "a06518",
    value: ["InternetGatewayDevice.DeviceInfo.", "HardwareVersion", "tmp_hardware1.0"],
  },
  {
    file: "113-fakemanufacturer-Inform.xml",
    rules: "QUIRKS-MESSAGE-14, QUIRKS-MESSAGE-26",
    frame: { id: "1", namespace: "urn:dslforum-org:cwmp-1-2" },
    key: "000000-FakeProductClass-FakeSerialNumber",
    oui: "000000",
    value: ["InternetGatewayDevice.DeviceInfo.", "HardwareVersion", "V5.2"],
  },
];
for (const { file, rules, frame, key, oui, value } of informs) {
  test(`${file}, as it was published, opens a session and is kept [${rules}]`, async (t) => {
    const text = published(t, file);
    if (text === undefined) return;
    const wire = await BareWire.open(server.life.acsUrl);
    wire.write(postText(text));
    assertInformed(await wire.reply(), frame);
    wire.write(postText(""));
    assert.equal(readCall(await wire.reply()).method, "SetParameterValues", "it is given credentials");
    wire.cut();
    assert.equal((await server.client.devices.get(key)).deviceId.OUI, oui);
    const [object, name, expected] = value;
    const { ParameterList: values } = await server.client.devices.parameters(key, object);
    assert.deepEqual(values[object]?.[name], expected);
  });
}

/** An answer that a real device gave to a call like ours, and what the operation came to. */
interface RealAnswer {
  readonly file: string;
  readonly rules: string;
  readonly request: OperationRequest;
  readonly outcome: object;
}

function reading(name: string): OperationRequest {
  return { method: "GetParameterValues", params: { ParameterNames: [name] } };
}

const answers: readonly RealAnswer[] = [
  {
    file: "035-cwmp-ex-Fault.xml",
    rules: "QUIRKS-MESSAGE-11",
    request: reading("Device.X"),
    outcome: { state: "faulted", fault: { code: 9005, message: "Invalid parameter name" } },
  },
  {
    file: "073-ruby-cwmp-GetParameterValuesResponse.xml",
    rules: "QUIRKS-MESSAGE-11",
    request: reading("InternetGatewayDevice.Time."),
    outcome: {
      state: "done",
      result: {
        ParameterList: {
          "InternetGatewayDevice.Time.": {
            NTPServer1: "pool.ntp.org",
            CurrentLocalTime: ["2014-07-11T09:08:25", "dateTime"],
            LocalTimeZone: "+00:00",
            LocalTimeZoneName: "Greenwich Mean Time : Dublin",
            DaylightSavingsUsed: false,
          },
        },
      },
    },
  },
  {
    file: "077-tr069client-SetParameterValuesResponse.xml",
    rules: "QUIRKS-MESSAGE-10",
    request: { method: "SetParameterValues", params: { ParameterList: { "Device.": { X: 1 } } } },
    outcome: { state: "done", result: { Status: 1 } },
  },
  {
    file: "133-cisco-spa122-GetParameterValuesResponse.xml",
    rules: "QUIRKS-MESSAGE-24",
    request: reading("Device.DeviceInfo.DeviceLog"),
    outcome: { state: "done", result: { ParameterList: { "Device.DeviceInfo.": { DeviceLog: null } } } },
  },
];
for (const { file, rules, request, outcome } of answers) {
  test(`${file}, as it was published, answers the call that is out [${rules}]`, async (t) => {
    const text = published(t, file);
    if (text === undefined) return;
    await using device = await oddDevice(server);
    const { operation } = await called(device, request);
    assertNothing(await device.post(text));
    const { state, result, fault } = await server.client.operations.get(operation.id);
    assert.deepEqual({ state, ...(result && { result }), ...(fault && { fault }) }, outcome);
  });
}

/** Undefined, after skipping the test aloud, where there is no test data. */
function published(t: TestContext, file: string): string | undefined {
  const root = process.env["HELIOGRAPH_TEST_DATA"];
  if (root !== undefined && root !== "") return readFileSync(join(root, "real", file), "utf8");
  assert.notEqual(
    process.env["HELIOGRAPH_REQUIRE"],
    "all",
    "HELIOGRAPH_TEST_DATA names no folder of test data",
  );
  t.skip("HELIOGRAPH_TEST_DATA names no folder of test data");
  return undefined;
}
