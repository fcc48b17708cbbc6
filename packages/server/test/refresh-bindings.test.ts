import assert from "node:assert/strict";
import { test } from "node:test";
import { dataModel, type Declarations } from "@heliograph/agent";
import { startDevice } from "@heliograph/agent/node";
import { RunningServer } from "./running-server.ts";
import { tempDir } from "@heliograph/testkit";

/** 300 parameters beside those that every device has. */
const tree: Declarations = Object.fromEntries(
  Array.from({ length: 300 }, (_, at) => {
    const path = `Device.Part.${Math.floor(at / 30) + 1}.Row.${(Math.floor(at / 10) % 3) + 1}.Value${(at % 10) + 1}`;
    return [path, `value ${at}`];
  }),
);

for (const speaks of ["cwmp.json", "cwmp.soap", "v12.stomp", "classic"] as const) {
  test(`a refresh reads the same of a device that speaks ${speaks}`, async () => {
    await using stack = new AsyncDisposableStack();
    const server = stack.use(await RunningServer.start(stack.use(tempDir()), "loopback"));
    const { client } = server;
    const device = await startDevice({
      acsUrl: server.life.acsUrl,
      deviceId: { Manufacturer: "Maker", OUI: "00D09E", ProductClass: "Tree", SerialNumber: speaks },
      dataModel: dataModel({ "Device.DeviceInfo.SoftwareVersion": "1.0", ...tree }),
      light: speaks === "classic" ? "not" : { subprotocols: [speaks] },
    });
    stack.defer(() => device.close());
    const key = (await firstDevice(server)).key;
    const { id } = await client.operations.refresh(key, { paths: ["Device.Part."] });
    await server.ended(id);
    const { state, refresh } = await client.operations.get(id);
    assert.deepEqual(
      [state, refresh?.read, refresh?.unreadable.count, refresh?.leftOut.count],
      ["done", 300, 0, 0],
    );
    const { ParameterList } = await client.devices.parameters(key, "Device.Part.");
    assert.equal(ParameterList["Device.Part.10.Row.3."]?.["Value10"], "value 299");
  });
}

async function firstDevice(server: RunningServer) {
  for await (const { device, name } of server.client.events({ after: 0 })) {
    if (name === "credentials-confirmed") return server.client.devices.get(device);
  }
  throw new Error("the event stream ended");
}
