import { dataModel, SUBPROTOCOLS, type DataModel, type Handlers, type Subprotocol } from "@heliograph/agent";
import { startDevice, webSocketTransport, type RunningDevice } from "@heliograph/agent/node";
import { createClient, DeviceFaultError, type Client, type RpcOptions } from "@heliograph/api/client";
import { readSettings } from "@heliograph/server/settings";
import { startServer } from "@heliograph/server";
import { Arrivals, tempDir } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fragileTransport } from "../src/fragile-transport.ts";

const PATIENCE_MS = 20_000;

const started = new AsyncDisposableStack();
let acsUrl: string;
let client: Client;

before(async () => {
  const folder = started.use(tempDir());
  const flags = { data: folder.path, southbound: "127.0.0.1:0", northbound: "127.0.0.1:0" };
  const server = await startServer(readSettings({ flags, environment: {}, file: {} }));
  started.defer(() => server.close());
  acsUrl = server.acsUrl;
  client = createClient({ url: server.northboundUrl, token: server.token });
});

after(() => started.disposeAsync());

/** One device that speaks one subprotocol, and what a test has to do with it. */
class Bench implements AsyncDisposable {
  readonly key: string;
  readonly model: DataModel;
  /** Runs of X_F0F0F0_Measure: each ends when the test says so. */
  readonly runs = new Arrivals<(value: number) => void>("a run");
  readonly #subprotocol: Subprotocol;
  readonly #transport = fragileTransport(webSocketTransport());
  #device: RunningDevice | undefined;

  constructor(subprotocol: Subprotocol, serial: string) {
    this.#subprotocol = subprotocol;
    this.key = `F0F0F0-Sundial-${serial}`;
    this.model = dataModel({
      "Device.DeviceInfo.SoftwareVersion": "1.0",
      "Device.Name": { type: "string", value: "a", writable: true },
      "Device.Flag": true,
      "Device.Temperature": { type: "int", value: -5, notification: 2 },
      "Device.ManagementServer.CWMPRetryMinimumWaitInterval": {
        type: "unsignedInt",
        value: 1,
        writable: true,
      },
    });
  }

  async start(): Promise<this> {
    const serial = this.key.split("-").at(-1) ?? "";
    this.#device = await startDevice({
      acsUrl,
      deviceId: { Manufacturer: "Acme", OUI: "F0F0F0", ProductClass: "Sundial", SerialNumber: serial },
      dataModel: this.model,
      handlers: this.#handlers(),
      transfer: async () => undefined,
      restartMs: 10,
      light: { subprotocols: [this.#subprotocol] },
      lightTransport: this.#transport,
    });
    await this.event("connected");
    return this;
  }

  breakOff(): void {
    this.#transport.breakOff();
  }

  async call(method: string, params: RpcOptions["params"] = {}): Promise<unknown> {
    return client.call(this.key, method, { params, wait: 20 });
  }

  /** Resolves once so many events of that name were told of the device. */
  async event(name: string, count = 1): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    let left = count;
    for await (const { device } of client.events({ names: [name], after: 0, signal })) {
      if (device === this.key) left -= 1;
      if (left === 0) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#device?.close();
  }

  #handlers(): Handlers {
    return {
      X_F0F0F0_Measure: async () => {
        const { promise, resolve } = Promise.withResolvers<number>();
        this.runs.add(resolve);
        return { result: { Value: String(await promise) } };
      },
    };
  }
}

for (const [index, subprotocol] of SUBPROTOCOLS.entries()) {
  const open = (number: number): Promise<Bench> => new Bench(subprotocol, `${index + 1}${number}`).start();

  test(`${subprotocol}: a device is connected by what it speaks, and is read and written`, async () => {
    await using it = await open(1);
    const { connection } = await client.devices.get(it.key);
    assert.deepEqual([connection?.transport, connection?.subprotocol], ["light", subprotocol]);
    const names = ["Device.Name", "Device.Flag", "Device.Temperature"];
    assert.deepEqual(await it.call("GetParameterValues", { ParameterNames: names }), {
      ParameterList: { "Device.": { Name: "a", Flag: true, Temperature: -5 } },
    });
    const set = { ParameterList: { "Device.": { Name: "<b> & ü" } }, ParameterKey: "k" };
    assert.deepEqual(await it.call("SetParameterValues", set), { Status: 0 });
    assert.equal(it.model.get("Device.Name"), "<b> & ü");
    const whole = await it.call("GetParameterValues", { ParameterNames: ["Device."] });
    assert.partialDeepStrictEqual(whole, { ParameterList: { "Device.": { Name: "<b> & ü" } } });
  });

  test(`${subprotocol}: what a device refuses is told as it says, parameter by parameter`, async () => {
    await using it = await open(2);
    const set = { ParameterList: { "Device.": { Flag: false } }, ParameterKey: "" };
    const refusal = await it.call("SetParameterValues", set).catch((error: unknown) => error);
    assert.ok(refusal instanceof DeviceFaultError, String(refusal));
    assert.equal(refusal.fault.code, 9003);
    const [fault] = refusal.fault.data?.SetParameterValuesFault ?? [];
    assert.deepEqual([fault?.ParameterName, fault?.FaultCode], ["Device.Flag", 9008]);
  });

  test(`${subprotocol}: what happens on a device is told over the connection`, async () => {
    await using it = await open(3);
    it.model.set("Device.Temperature", 40);
    await it.event("value-change");
    await it.call("Upload", { CommandKey: "u", FileType: "2 Vendor Log File", URL: "http://127.0.0.1:9/" });
    await it.event("transfer-complete-report");
  });

  test(`${subprotocol}: a device that reboots is back, and the ACS knows that it did`, async () => {
    await using it = await open(4);
    await it.call("Reboot", { CommandKey: "r" });
    await it.event("connected", 2);
    assert.deepEqual(await it.call("GetParameterValues", { ParameterNames: ["Device.Flag"] }), {
      ParameterList: { "Device.": { Flag: true } },
    });
  });

  test(`${subprotocol}: an answer whose connection broke off comes over the next`, async () => {
    await using it = await open(5);
    const measured = it.call("X_F0F0F0_Measure");
    const end = await it.runs.take();
    it.breakOff();
    end(7);
    assert.deepEqual(await measured, { Value: "7" });
    await it.event("connected", 2);
    assert.equal(it.runs.untaken, 0);
  });
}
