import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test, type TestContext } from "node:test";
import { connectAsync, type MqttClient } from "mqtt";
import { within } from "../deadline.ts";
import { assertNoneLost, BridgedEvents } from "./bridged-events.ts";
import { Mosquitto, whyNoMosquitto, type MosquittoUser } from "./mosquitto.ts";
import { Program, type Environment } from "./program.ts";
import { ShippedServer } from "./shipped-server.ts";

const skip = whyNoMosquitto() ?? false;
const CHANNEL = { ParameterNames: ["Device.WiFi.Radio.1.Channel"] };
const BRIDGE = "examples/mqtt-bridge.ts";

/** As the guide has them. */
const users: readonly MosquittoUser[] = [
  {
    name: "bridge",
    password: "carries",
    topics: [
      "read heliograph/device/+/rpc",
      "write heliograph/device/+/event/#",
      "write heliograph/device/+/answer/#",
    ],
  },
  { name: "watcher", password: "seen", topics: ["read heliograph/device/+/event/#"] },
  {
    name: "asker",
    password: "asks",
    topics: ["write heliograph/device/+/rpc", "read heliograph/device/+/answer/#"],
  },
];

const resources = new AsyncDisposableStack();
let broker: Mosquitto;
let acs: ShippedServer;
let environment: Environment;
before(async () => {
  if (skip !== false) return;
  broker = resources.use(await Mosquitto.start(users));
  acs = resources.use(await ShippedServer.start());
  await acs.client.roles.set("mqtt", {
    ...{ devices: "every", methods: ["GetParameterValues"], read: ["Device.WiFi."], write: [] },
    ...{ channels: [], acts: [], secrets: false },
  });
  const access = await acs.access("mqtt bridge", "mqtt");
  environment = { ...access, MQTT_URL: broker.url, MQTT_USER: "bridge", MQTT_PASSWORD: "carries" };
});
after(() => resources.disposeAsync());

function on(title: string, body: (t: TestContext) => Promise<void>): void {
  test(`by the MQTT bridge ${title}`, { skip }, body);
}

on("each event comes at least once, over kills of the bridge", async (t) => {
  const events = new BridgedEvents();
  const watcher = await connectAs("watcher", "seen");
  watcher.on("message", (_, payload) => events.take(idIn(payload)));
  await watcher.subscribeAsync("heliograph/device/+/event/#", { qos: 1 });
  await assertNoneLost(t, {
    ...{ acs, environment, events },
    bridge: [BRIDGE, acs.folder.file("mqtt.position")],
  });
});

on("an RPC is answered with its result, and asked again it is the same operation", async () => {
  await using bridge = Program.run([BRIDGE, acs.folder.file("rpc.position")], environment);
  await bridge.line(/bridges/);
  const asker = await connectAs("asker", "asks");
  const id = randomUUID();
  const first = await ask(asker, { id, method: "GetParameterValues", params: CHANNEL });
  assert.match(JSON.stringify(first["result"]), /"Channel":36/);
  const again = await ask(asker, { id, method: "GetParameterValues", params: CHANNEL });
  assert.equal(again["id"], first["id"]);
});

on("nobody gets what its token is not good for, and an answer goes to no other topic", async () => {
  await using bridge = Program.run([BRIDGE, acs.folder.file("refused.position")], environment);
  await bridge.line(/bridges/);
  const asker = await connectAs("asker", "asks");
  const refused = await ask(asker, { id: randomUUID(), method: "Reboot", params: { CommandKey: "" } });
  assert.equal(refused["refused"], "not-allowed");
  for (const bad of ["../event/boot", "+", ""]) {
    await asker.publishAsync(
      `heliograph/device/${acs.key}/rpc`,
      JSON.stringify({ id: bad, method: "Reboot" }),
    );
  }
  await asker.publishAsync(`heliograph/device/${acs.key}/rpc`, "no JSON");
  const alive = await ask(asker, { id: randomUUID(), method: "GetParameterValues", params: CHANNEL });
  assert.equal(alive["state"], "done", "the bridge bears what cannot be understood");
});

on("whoever may only watch cannot ask, and whoever has no password is not let in", async () => {
  await using bridge = Program.run([BRIDGE, acs.folder.file("acl.position")], environment);
  await bridge.line(/bridges/);
  const watcher = await connectAs("watcher", "seen");
  const message = JSON.stringify({ id: randomUUID(), method: "GetParameterValues", params: CHANNEL });
  const known = (await acs.client.operations.list({})).items.length;
  const published = watcher.publishAsync(`heliograph/device/${acs.key}/rpc`, message, { qos: 1 });
  await assert.rejects(published, /not authorized/i);
  const asker = await connectAs("asker", "asks");
  await ask(asker, { id: randomUUID(), method: "GetParameterValues", params: CHANNEL });
  const { length } = (await acs.client.operations.list({})).items;
  assert.equal(length, known + 1, "only who may ask did");
  await assert.rejects(connectAs("asker", "guessed"), /not authorized/i);
});

async function connectAs(username: string, password: string): Promise<MqttClient> {
  const client = await connectAsync(
    broker.url,
    { protocolVersion: 5, username, password, reconnectPeriod: 0 },
    false,
  );
  resources.defer(() => client.endAsync(true));
  return client;
}

interface Asked {
  readonly id: string;
  readonly method: string;
  readonly params: object;
}

async function ask(asker: MqttClient, asked: Asked): Promise<Readonly<Record<string, unknown>>> {
  const topic = `heliograph/device/${acs.key}/answer/${asked.id}`;
  await asker.subscribeAsync(topic, { qos: 1 });
  const answered = Promise.withResolvers<Readonly<Record<string, unknown>>>();
  const hear = (on: string, payload: Buffer): void => {
    if (on === topic) answered.resolve(fieldsOf(payload));
  };
  asker.on("message", hear);
  await asker.publishAsync(`heliograph/device/${acs.key}/rpc`, JSON.stringify(asked), { qos: 1 });
  const answer = await within(answered.promise, `the answer to ${asked.method}`);
  asker.off("message", hear);
  return answer;
}

function idIn(payload: Buffer): number {
  return Number(fieldsOf(payload)["id"]);
}

function fieldsOf(payload: Buffer): Readonly<Record<string, unknown>> {
  const said: unknown = JSON.parse(payload.toString());
  return typeof said === "object" && said !== null ? { ...said } : {};
}
