// Events into a topic exchange of RabbitMQ: node examples/amqp-bridge.ts [file that keeps the position]
//   AMQP_URL: amqp://user:password@host, better amqps
//   HELIOGRAPH_URL, HELIOGRAPH_TOKEN: what this token may not see, nobody sees there
// Each event comes at least once and in the order of its id, which is its messageId, with the key device.<key>.<name>.
import { createClient } from "@heliograph/api/client";
import { connect } from "amqplib";
import { keepPosition, readPosition } from "./position.ts";

const { AMQP_URL = "amqp://127.0.0.1" } = process.env;
const { HELIOGRAPH_URL: url = "http://127.0.0.1:8080", HELIOGRAPH_TOKEN: token = "" } = process.env;
const [position = "amqp-bridge.position"] = process.argv.slice(2);
const EXCHANGE = "heliograph";

// A connection that is lost ends the program: started again, it goes on where it was.
const channel = await (await connect(AMQP_URL)).createConfirmChannel();
await channel.assertExchange(EXCHANGE, "topic", { durable: true });
console.log("bridges");
for await (const event of createClient({ url, token }).events({ after: readPosition(position) })) {
  const told = { persistent: true, contentType: "application/json", messageId: String(event.id) };
  const content = Buffer.from(JSON.stringify(event));
  channel.publish(EXCHANGE, `device.${event.device}.${event.name}`, content, told);
  await channel.waitForConfirms();
  // The broker has it, and where a durable queue is bound, on its disk: only now it need not come again.
  keepPosition(position, event.id);
}
