// Another system that misses no event: node examples/nms-events.ts [file that keeps the position]
//   NATS_URL, NATS_USER, NATS_PASSWORD, NATS_CA: an account with JetStream that imports the events; else
//   HELIOGRAPH_URL, HELIOGRAPH_TOKEN: the event stream of REST
import { createClient } from "@heliograph/api/client";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connectNats } from "./connect-nats.ts";
import { keepPosition, readPosition } from "./position.ts";

const { HELIOGRAPH_URL: url = "http://127.0.0.1:8080", HELIOGRAPH_TOKEN: token = "" } = process.env;
const [position = "nms-events.position"] = process.argv.slice(2);
let last = readPosition(position);

/** Ids only rise: what is not above the last one was told before. */
function take({ id, device, name = "operation" }: { id: number; device: string; name?: string }): void {
  if (id <= last) return;
  console.log(`#${id}  ${device}  ${name}`);
  last = id;
  keepPosition(position, id);
}

const nats = await connectNats();
if (nats === undefined) {
  for await (const event of createClient({ url, token }).events({ after: last })) take(event);
} else {
  // A stream of its own keeps events while this program is away, and its consumer how far it has come.
  const { streams, consumers } = await jetstreamManager(nats);
  const subjects = ["hg.v1.device.*.event.>", "hg.v1.operation.*.changed"];
  await streams.add({ name: "EVENTS", subjects, no_ack: true });
  await consumers.add("EVENTS", { durable_name: "nms", ack_policy: "explicit" });
  console.log("listens");
  for await (const message of await (await jetstream(nats).consumers.get("EVENTS", "nms")).consume()) {
    take(message.json());
    message.ack();
  }
}
