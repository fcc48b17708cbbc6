import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operation } from "@heliograph/api";
import { answered, dataModel, faulted, SUBPROTOCOLS } from "@heliograph/agent";
import type { Handlers } from "@heliograph/agent";
import { startDevice } from "@heliograph/agent/node";
import { deviceKey } from "@heliograph/protocol";
import type { DeviceKey, JsonObject } from "@heliograph/protocol";
import { tempDir } from "@heliograph/testkit";
import { rpcSamples } from "./rpc-samples.ts";
import type { RpcSample } from "./rpc-samples.ts";
import { RunningServer } from "./running-server.ts";

type DeviceRpc = Pick<RpcSample, "method" | "params" | "result">;

const at = "2026-01-31T12:00:00Z";
const done = { Status: 0, StartTime: at, CompleteTime: at };
const vendorRpc: DeviceRpc = {
  method: "X_00D09E_Tune",
  params: { Channel: "36", Mood: { Colour: "red" } },
  result: { Channel: "40" },
};
/** What a sample says otherwise here: a transfer is done at once, and values are asked for where the answer has some. */
const fitting: Readonly<Record<string, Partial<DeviceRpc>>> = {
  GetParameterValues: { params: { ParameterNames: ["Device.A.", "Device.B."] } },
  Download: { result: done },
  Upload: { result: done },
};
const deviceRpcs: readonly DeviceRpc[] = [
  ...rpcSamples
    .filter(({ answerer }) => answerer === "device")
    .map((rpc) => ({ ...rpc, ...fitting[rpc.method] })),
  vendorRpc,
];
const refusal = { code: 9001, message: "Request denied: not now" };

for (const speaks of ["classic", ...SUBPROTOCOLS] as const) {
  test(`an operation of every RPC there is, and of a vendor's, ends with what a device that speaks ${speaks} said: result or fault [RPCS-CALL-1, RPCS-CALL-2, RPCS-CALL-3, RPCS-CALL-4, RPCS-CALL-5, RPCS-CALL-6, RPCS-CALL-7, RPCS-CALL-8, RPCS-CALL-9, RPCS-CALL-10, RPCS-CALL-11, RPCS-CALL-12, RPCS-CALL-13, RPCS-CALL-14, RPCS-CALL-15, RPCS-CALL-16, RPCS-CALL-17, RPCS-CALL-18, RPCS-CALL-19, RPCS-CALL-20, RPCS-CALL-21, RPCS-CALL-22]`, async () => {
    await using stack = new AsyncDisposableStack();
    const server = stack.use(await RunningServer.start(stack.use(tempDir()), "loopback"));
    const deviceId = { Manufacturer: "Maker", OUI: "00D09E", ProductClass: "Every", SerialNumber: speaks };
    const heard: unknown[] = [];
    const device = await startDevice({
      ...{ acsUrl: server.life.acsUrl, deviceId, dataModel: dataModel({ "Device.X": "x" }) },
      handlers: scripted(heard),
      light: speaks === "classic" ? "not" : { subprotocols: [speaks] },
    });
    stack.defer(() => device.close());
    const key = deviceKey(deviceId);
    assert.ok(key !== undefined);
    await server.event(key, "enrolled");
    const operations = await callAll(server, key);
    if (speaks === "classic") await device.informNow();
    // They run in their order; one that was accepted for later may still wait for its end.
    await server.ended(operations.at(-1)?.id ?? "");
    assert.deepEqual(
      await server.results(operations),
      deviceRpcs.flatMap(({ result }) => [result, refusal]),
    );
    assert.deepEqual(
      heard,
      deviceRpcs.flatMap((rpc) => [paramsOf(rpc, 0), paramsOf(rpc, 1)]),
    );
  });
}

/** Twice each: the first is answered, the second refused. */
async function callAll({ client }: RunningServer, key: DeviceKey): Promise<readonly Operation[]> {
  const operations: Operation[] = [];
  for (const rpc of deviceRpcs) {
    for (let count = 0; count < 2; count += 1) {
      const { method } = rpc;
      operations.push(await client.operations.create(key, { method, params: paramsOf(rpc, count) }));
    }
  }
  return operations;
}

/** No two open operations have one CommandKey. */
function paramsOf({ method, params }: DeviceRpc, count: number): JsonObject {
  return "CommandKey" in params ? { ...params, CommandKey: `${method} ${count}` } : params;
}

/** Answers the first call of each RPC, refuses the second, and wants no credentials. */
function scripted(heard: unknown[]): Handlers {
  const calls = new Set<string>();
  const handlers: unknown = Object.fromEntries(
    deviceRpcs.map(({ method, result }) => [
      method,
      (params: JsonObject) => {
        if (JSON.stringify(params).includes("ManagementServer"))
          return faulted(9001, "no credentials, please");
        heard.push(plain(params));
        if (calls.has(method)) return faulted(9001, "not now");
        calls.add(method);
        return answered(result);
      },
    ]),
  );
  assert.ok(isHandlers(handlers));
  return handlers;
}

function isHandlers(value: unknown): value is Handlers {
  return typeof value === "object" && value !== null;
}

/** As it would travel; whether values come with their names is a token's own matter. */
function plain({ Shape: _, ...params }: JsonObject): unknown {
  return JSON.parse(JSON.stringify(params));
}
