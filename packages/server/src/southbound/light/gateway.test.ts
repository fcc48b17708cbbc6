import assert from "node:assert/strict";
import { test } from "node:test";
import { openLightBench } from "../../../test/light-gateway-bench.ts";

const get = { method: "GetParameterValues", params: { ParameterNames: ["Device.DeviceInfo."] } };

test("a conversation: Attach, a call, and its answer", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.connect();
  assert.equal(device.socket.protocol, "cwmp.json");
  assert.equal(announcement.gateway, bench.gateway.id);

  const attached = await device.ask("Attach", { MaxInFlight: 8, ReplayWindow: 16 });
  assert.deepEqual(attached, {
    jsonrpc: "2.0",
    id: "d1",
    result: {
      Session: announcement.connection,
      Token: "t",
      ExpiresIn: 86_400,
      PingInterval: 30,
      MaxInFlight: 16,
      MaxMessageBytes: 1_048_576,
      Channels: {},
    },
  });
  assert.deepEqual(await bench.engine.attaches.take(), {
    device: announcement.device,
    connection: announcement.connection,
    generation: 1,
    maxInFlight: 8,
    replayWindow: 16,
    authTime: 1_000,
  });

  const called = bench.engine.call(announcement, "a1", get);
  assert.deepEqual(await device.hear(), { jsonrpc: "2.0", id: "a1", ...get });
  const values = { "Device.DeviceInfo.": { UpTime: 86_400 } };
  device.say({ id: "a1", result: { ParameterList: values } });
  const outcome = await called;
  assert.deepEqual(JSON.parse(JSON.stringify(outcome)), {
    type: "answered",
    outcome: { result: { ParameterList: values } },
  });
});
