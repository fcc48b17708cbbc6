import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import type { ComplianceCounts } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";
import { encodeTokenAnswer, encodeTokenRequest } from "@heliograph/protocol";
import { freePort } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { table } from "./figures.ts";
import { inParallel } from "./in-parallel.ts";
import { referTo } from "./light-device.ts";
import { serveHeliograph } from "./served-heliograph.ts";
import { serveProcess } from "./served-process.ts";

const DEVICES = Number(process.argv[3] ?? 10_000);
/** Devices that come at the same time. */
const AT_ONCE = 50;
const LOOK_MS = 200;
const POLICY = "bench";
/** Some twenty parameters. */
const VALUES = {
  "Device.X_00D09E_Bench.": Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [
      `Parameter${index}`,
      `as long as a value commonly is: ${index}`,
    ]),
  ),
};

/** What a policy cost its server, and what it came to. */
interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** As the ACS writes what it publishes, and what it asks. */
const PUBLISHED = /"method":"Publish","params":\{"Channel":"([^"]+)","Epoch":"([^"]+)","Offset":(\d+)/;
const ASKED = /"id":"([^"]+)","method"/;

/** A device that holds whatever it is told of, says so, and does what it is asked. */
async function attach(acsUrl: string, serial: number): Promise<WebSocket> {
  const { url, token } = await referTo(acsUrl, serial);
  const socket = new WebSocket(url, "cwmp.json", { headers: { Authorization: `Bearer ${token}` } });
  const attached = once(socket, "message");
  await once(socket, "open");
  let id = 1;
  socket.on("message", (data: Buffer) => {
    const said = data.toString();
    const [, Channel, Epoch, offset] = PUBLISHED.exec(said) ?? [];
    const [, asked] = ASKED.exec(said) ?? [];
    if (Channel !== undefined) {
      id += 1;
      const params = { Channel, Epoch, Offset: Number(offset), Status: "applied" };
      socket.send(encodeTokenRequest({ id: `d${id}`, method: "PublishResult", params }));
    } else if (asked !== undefined) socket.send(encodeTokenAnswer(asked, { Status: 0 }));
  });
  socket.send(encodeTokenRequest({ id: "d1", method: "Attach", params: { Channels: {} } }));
  await attached;
  return socket;
}

/** Publishes to all at once, and counts until the table is as it will be. */
async function published(
  client: Client,
  cpuMs: () => number,
): Promise<Cost & { readonly counts: ComplianceCounts }> {
  const rules = { waves: [1], perSecond: 10_000, pause: 0, stopAt: { faulted: DEVICES, share: 1 } };
  await client.policies.set(POLICY, { group: "fleet", values: VALUES, rules });
  const before = cpuMs();
  const began = performance.now();
  await client.policies.publish(POLICY);
  for (;;) {
    const { compliance } = await client.policies.get(POLICY);
    const cost = { cpuMs: cpuMs() - before, wallMs: performance.now() - began };
    if (compliance.applied === DEVICES || cost.wallMs > 300_000) return { ...cost, counts: compliance };
    await setTimeout(LOOK_MS);
  }
}

async function heliograph(): Promise<Cost & { readonly counts: ComplianceCounts }> {
  await using acs = await serveHeliograph();
  const sockets: WebSocket[] = [];
  await acs.client.groups.set("fleet", { expression: 'productClass = "Bench"' });
  await inParallel({ count: DEVICES, atOnce: AT_ONCE }, async (serial) => {
    sockets.push(await attach(acs.acsUrl, serial));
  });
  while ((await acs.client.groups.get("fleet")).members < DEVICES) await setTimeout(LOOK_MS);
  const cost = await published(acs.client, () => acs.process.cpuMs());
  const { items } = await acs.client.policies.compliance(POLICY, { limit: 1 });
  if (items.length === 0) throw new Error("the table is empty");
  for (const socket of sockets) socket.terminate();
  return cost;
}

/** Sends as many bytes to as many sockets, reads the answer of each, and answers that. */
async function bare(text: string): Promise<Cost> {
  const port = await freePort();
  const args = ["bench/answering-server.ts", String(port)];
  await using server = await serveProcess(args, (line) => line === "ready");
  const sockets: WebSocket[] = [];
  const params = { Channel: `public/${POLICY}`, Epoch: "0123456789abcdef", Offset: 1, Status: "applied" };
  await inParallel({ count: DEVICES, atOnce: AT_ONCE }, async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
    await once(socket, "open");
    socket.on("message", (data: Buffer) => {
      if (!data.includes('"Publish"')) return;
      socket.send(encodeTokenRequest({ id: "d2", method: "PublishResult", params }));
    });
    sockets.push(socket);
  });
  const before = server.cpuMs();
  const began = performance.now();
  await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: text });
  const cost = { cpuMs: server.cpuMs() - before, wallMs: performance.now() - began };
  for (const socket of sockets) socket.terminate();
  return cost;
}

const text = encodeTokenRequest({
  method: "Publish",
  params: {
    ...{ Channel: `public/${POLICY}`, Epoch: "0123456789abcdef", Offset: 1, Answer: true },
    Data: { Policy: POLICY, Version: 1, Priority: 0, Hold: "mend", ParameterList: VALUES },
  },
});
const { counts, ...told } = await heliograph();
const loop = await bare(text);
const missing = DEVICES - counts.applied;
console.log(`${DEVICES} devices are told a policy of ${Buffer.byteLength(text)} bytes, and answer\n`);
console.log(`in the table: ${counts.applied} applied, ${missing} missing\n`);
const rows = [
  ["policy, answers in the table", told.cpuMs / DEVICES, told.wallMs / 1000],
  ["bare loop, answers read", loop.cpuMs / DEVICES, loop.wallMs / 1000],
] as const;
console.log(table(["CPU ms per answer", "seconds"], rows));
if (missing > 0) process.exitCode = 1;
