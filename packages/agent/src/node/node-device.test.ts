import assert from "node:assert/strict";
import { test } from "node:test";
import { Arrivals, ScriptedAcs } from "@heliograph/testkit";
import { dataModel } from "../data-model.ts";
import type { LinkTarget } from "../light/link.ts";
import { ScriptedTransport } from "../light/scripted-link.fixture.ts";
import { deviceId, eventsOf, openDeviceBench } from "./classic-device.fixture.ts";
import { listenForConnectionRequests } from "./connection-request-server.ts";
import { startDevice } from "./node-device.ts";
import { requestConnection } from "./request-connection.fixture.ts";

const secret = { username: "acs", password: "let me in" };
const server = "Device.ManagementServer.";

test("devices that share a listener are called each at its own path [CWMP-CONNREQ-2]", async (t) => {
  await using acs = await new ScriptedAcs().open();
  const listener = await listenForConnectionRequests();
  t.after(() => listener.close());
  const start = async (SerialNumber: string): ReturnType<typeof startDevice> => {
    const device = await startDevice({
      acsUrl: acs.url,
      deviceId: { ...deviceId, SerialNumber },
      dataModel: dataModel({
        [`${server}ConnectionRequestUsername`]: secret.username,
        [`${server}ConnectionRequestPassword`]: secret.password,
      }),
      connectionRequests: { listener },
    });
    t.after(() => device.close());
    await acs.informs.take();
    await acs.endings.take();
    return device;
  };
  const [one, two] = [await start("1"), await start("2")];
  assert.equal(new URL(one.address).host, new URL(two.address).host);
  assert.equal(await requestConnection(two.address, secret), 200);
  const inform = await acs.informs.take();
  assert.deepEqual([inform.DeviceId.SerialNumber, eventsOf(inform)], ["2", ["6 CONNECTION REQUEST"]]);
  await two.close();
  assert.equal((await fetch(two.address)).status, 404);
  assert.equal(await requestConnection(one.address, secret), 200);
  assert.equal((await acs.informs.take()).DeviceId.SerialNumber, "1");
});

test("a platform brings its own transport for light connections", async () => {
  const opened = new Arrivals<LinkTarget>("a link");
  await using it = await openDeviceBench();
  const reference = { url: "wss://acs.example/light", subprotocol: "cwmp.json", token: "t", expiresIn: 60 };
  it.acs.say({ webSocketReference: reference });
  const transport = new ScriptedTransport();
  await it.start({
    light: {},
    lightTransport: {
      open(target, listener) {
        opened.add(target);
        return transport.open(target, listener);
      },
    },
  });
  const { url, subprotocol, token } = reference;
  assert.deepEqual(await opened.take(), { url, subprotocols: [subprotocol], token });
});
