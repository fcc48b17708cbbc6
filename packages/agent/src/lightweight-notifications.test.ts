import assert from "node:assert/strict";
import { test } from "node:test";
import { lightNotificationLimits, readLightNotification } from "@heliograph/protocol";
import type { ClaimedParameter, LightNotification } from "@heliograph/protocol";
import { dataModel } from "./data-model.ts";
import { LightweightNotifications, lightweightParameters } from "./lightweight-notifications.ts";
import type { LightweightSettings } from "./lightweight-notifications.ts";

const [PASSIVE, ACTIVE] = [3, 5];
const deviceId = { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Router", SerialNumber: "1" };

/** The notifications of a device all of whose parameters are `on`, and the datagrams that left. */
function opened(changes: Partial<LightweightSettings> = {}, value = "on") {
  const datagrams: { readonly to: string; readonly said: LightNotification; readonly bytes: number }[] = [];
  const notifications = new LightweightNotifications({
    deviceId,
    sender: {
      send(bytes, { address, port }) {
        const read = readLightNotification(new TextDecoder().decode(bytes), lightNotificationLimits);
        assert.ok(read.ok);
        datagrams.push({ to: `${address}:${port}`, said: read.value, bytes: bytes.length });
      },
    },
    settings: () => ({ protocols: "UDP", host: "acs", port: 7547, username: "cpe", ...changes }),
    show: (path) => (path === "Device.Gone" ? undefined : value),
    random: () => 0.5,
    now: () => 1_700_000_000_500,
  });
  return { notifications, datagrams };
}

function names(parameters: readonly ClaimedParameter[] = []): readonly string[] {
  return parameters.map(({ name }) => name);
}

test("an active one is sent at once, and says whose it is and what changed [CWMP-LWNOTIF-1, CWMP-LWNOTIF-2]", () => {
  const { notifications, datagrams } = opened({ host: "192.0.2.1", port: 4_000 });
  notifications.changed("Device.X", ACTIVE);
  assert.equal(datagrams[0]?.to, "192.0.2.1:4000");
  const { cnonce, ...said } = datagrams[0].said;
  assert.notEqual(cnonce, "");
  assert.deepEqual(said, {
    timestamp: 1_700_000_000,
    username: "cpe",
    device: { OUI: "00D09E", ProductClass: "Router", SerialNumber: "1" },
    parameters: [{ name: "Device.X", value: "on" }],
  });
});

test("passive ones wait, and go with an active one or when they are triggered [CWMP-LWNOTIF-4]", () => {
  const { notifications, datagrams } = opened();
  notifications.changed("Device.A", PASSIVE);
  notifications.changed("Device.B", 4);
  notifications.changed("Device.A", PASSIVE);
  assert.equal(datagrams.length, 0);
  notifications.changed("Device.C", 6);
  assert.deepEqual(names(datagrams[0]?.said.parameters), ["Device.A", "Device.B", "Device.C"]);
  notifications.changed("Device.A", PASSIVE);
  notifications.flush();
  assert.deepEqual(names(datagrams[1]?.said.parameters), ["Device.A"]);
  notifications.flush();
  assert.equal(datagrams.length, 2);
});

test("nothing is sent of what is told in Informs alone, or is gone", () => {
  const { notifications, datagrams } = opened();
  for (const notification of [0, 1, 2]) notifications.changed("Device.X", notification);
  notifications.changed("Device.Gone", ACTIVE);
  notifications.flush();
  assert.deepEqual(datagrams, []);
});

test("while UDP is not used, nothing is noted and nothing sent [CWMP-LWNOTIF-3]", () => {
  const settings = { protocols: "" };
  const { notifications, datagrams } = opened(settings);
  notifications.changed("Device.X", PASSIVE);
  notifications.changed("Device.X", ACTIVE);
  notifications.flush();
  assert.deepEqual(datagrams, []);
});

test("many changes go in as many datagrams as each passes whole", () => {
  const { notifications, datagrams } = opened({}, "v".repeat(200));
  const all = Array.from({ length: 20 }, (_, at) => `Device.P${at}`);
  for (const name of all) notifications.changed(name, PASSIVE);
  notifications.flush();
  assert.ok(datagrams.length > 2);
  assert.ok(datagrams.every(({ bytes }) => bytes <= 1_400));
  assert.deepEqual(
    datagrams.flatMap(({ said }) => names(said.parameters)),
    all,
  );
});

test("a protocol that is not supported cannot be used, and UDP and none can [CWMP-LWNOTIF-3]", () => {
  const server = "Device.ManagementServer.";
  const model = dataModel(lightweightParameters(server));
  assert.equal(model.get(`${server}UDPLightweightNotificationPort`), 7547);
  const use = (LightweightNotificationProtocolsUsed: string) =>
    model.setValues({ [server]: { LightweightNotificationProtocolsUsed } }).fault?.code;
  assert.deepEqual([use("UDP"), use("UDP,MQTT"), use("")], [undefined, 9003, undefined]);
});
