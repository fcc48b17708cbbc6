// Another system asks a device over NATS, and waits for the end: node examples/nms-rpc.ts <device> <method> [params]
//   NATS_URL, NATS_USER, NATS_PASSWORD, NATS_CA: an account that may ask
//   HELIOGRAPH_TOKEN: a token of the API, or of a grant: what it is not good for is refused
import { randomUUID } from "node:crypto";
import { connectNats } from "./connect-nats.ts";

const [device, method, params = "{}"] = process.argv.slice(2);
const nats = await connectNats();
if (nats === undefined) throw new Error("NATS_URL says where NATS is");

// With the same key it is the same operation, however often it is asked for: so it can be waited for again.
const asked: unknown = JSON.parse(params);
const operation = { method, params: asked, wait: 30 };
const { HELIOGRAPH_TOKEN: token } = process.env;
const ask = JSON.stringify({ token, operation, idempotencyKey: randomUUID() });
let answer: { status: number; body: { result?: object; fault?: object; detail?: string; state?: string } };
do {
  const reply = await nats.request(`hg.v1.device.${device}.rpc`, ask, { timeout: 45_000 });
  answer = reply.json();
} while (answer.status === 202);

const { status, body } = answer;
console.log(JSON.stringify(body.result ?? body.fault ?? { refused: status, why: body.detail ?? body.state }));
process.exitCode = body.result === undefined ? 1 : 0;
await nats.close();
