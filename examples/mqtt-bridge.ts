// Events as MQTT messages, and RPCs by MQTT: node examples/mqtt-bridge.ts [file that keeps the position]
//   MQTT_URL, MQTT_USER, MQTT_PASSWORD: a broker of MQTT 5, and what it knows the bridge by
//   HELIOGRAPH_URL, HELIOGRAPH_TOKEN: what this token is not good for, nobody gets by MQTT
// Each event is published at least once on heliograph/device/<key>/event/<name>. Who publishes {"id", "method", "params"}
// on heliograph/device/<key>/rpc is answered on heliograph/device/<key>/answer/<id>; the same id is the same operation.
import type { Call, Operation } from "@heliograph/api";
import { ApiError, createClient, NoAnswerError } from "@heliograph/api/client";
import { connectAsync } from "mqtt";
import { keepPosition, readPosition } from "./position.ts";

const { MQTT_URL = "mqtt://127.0.0.1:1883", MQTT_USER: username, MQTT_PASSWORD: password } = process.env;
const { HELIOGRAPH_URL: url = "http://127.0.0.1:8080", HELIOGRAPH_TOKEN: token = "" } = process.env;
const [position = "mqtt-bridge.position"] = process.argv.slice(2);
const client = createClient({ url, token });
const ID = /^[\w-]{1,64}$/;

const login = username === undefined || password === undefined ? {} : { username, password };
// The broker keeps what is asked while the bridge is away, for an hour.
const mqtt = await connectAsync(MQTT_URL, {
  ...{ protocolVersion: 5, clientId: "heliograph-bridge", clean: false, ...login },
  properties: { sessionExpiryInterval: 3_600 },
});

/** Goes on until it has ended: asked again with the same key, it is the same operation. */
async function carryOut(device: string, id: string, { method, params = {} }: Call): Promise<Operation> {
  for (;;) {
    const request = { method, params, wait: 30 };
    const operation = await client.operations.create(device, request, { idempotencyKey: `mqtt ${id}` });
    if (operation.ended !== undefined) return operation;
  }
}

function isAsk(said: unknown): said is Call & { readonly id: string } {
  return typeof said === "object" && said !== null && "id" in said && ID.test(String(said.id));
}

async function answer(topic: string, payload: string): Promise<void> {
  const [, , device = ""] = topic.split("/");
  const asked: unknown = JSON.parse(payload);
  if (!isAsk(asked)) return;
  const said = await carryOut(device, asked.id, asked).catch((error: unknown) => {
    if (error instanceof ApiError) return { refused: error.reason, detail: error.message };
    if (error instanceof NoAnswerError) return { refused: "no-answer", detail: error.message };
    throw error;
  });
  // Never where the asker says: the bridge may publish where askers may not.
  await mqtt.publishAsync(`heliograph/device/${device}/answer/${asked.id}`, JSON.stringify(said), { qos: 1 });
}

mqtt.on("message", (topic, payload) => {
  answer(topic, payload.toString()).catch((error: unknown) => console.error(`${topic}:`, error));
});
await mqtt.subscribeAsync("heliograph/device/+/rpc", { qos: 1, rh: 2 });
console.log("bridges");
for await (const event of client.events({ after: readPosition(position) })) {
  const topic = `heliograph/device/${event.device}/event/${event.name}`;
  await mqtt.publishAsync(topic, JSON.stringify(event), { qos: 1 });
  // The broker has it: only now it need not come again.
  keepPosition(position, event.id);
}
