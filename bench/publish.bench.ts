import { once } from "node:events";
import { encodeTokenRequest } from "@heliograph/protocol";
import { freePort } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { table } from "./figures.ts";
import { Hearing } from "./hearing.ts";
import { inParallel } from "./in-parallel.ts";
import { keyOf } from "./inform.ts";
import { referTo } from "./light-device.ts";
import { serveHeliograph } from "./served-heliograph.ts";
import { serveProcess, type ServedProcess } from "./served-process.ts";

const DEVICES = Number(process.argv[3] ?? 10_000);
/** Devices that come at the same time. */
const AT_ONCE = 50;
const ROUNDS = 7;
const CHANNEL = "public/fleet";
const MEMBERS_AT_ONCE = 1_000;
/** As long as a policy of some twenty parameters. */
const DATA = { Policy: "bench", Version: 1, ParameterList: "x".repeat(1_900) };

interface Contender {
  readonly server: ServedProcess;
  readonly publish: () => Promise<unknown>;
  readonly hearing: Hearing;
}

/** Milliseconds of CPU that telling everybody cost the server, the least of several rounds. */
async function leastCpuOf({ server, publish, hearing }: Contender): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const heard = hearing.expect(DEVICES);
    const before = server.cpuMs();
    await publish();
    await heard;
    least = Math.min(least, server.cpuMs() - before);
  }
  return least;
}

async function attach(acsUrl: string, serial: number, hearing: Hearing): Promise<WebSocket> {
  const { url, token } = await referTo(acsUrl, serial);
  const socket = new WebSocket(url, "cwmp.json", { headers: { Authorization: `Bearer ${token}` } });
  const attached = once(socket, "message");
  await once(socket, "open");
  socket.send(encodeTokenRequest({ id: "d1", method: "Attach", params: { Channels: {} } }));
  await attached;
  socket.on("message", (data: Buffer) => {
    if (data.includes('"Publish"')) hearing.heard();
  });
  return socket;
}

async function heliograph(): Promise<number> {
  await using acs = await serveHeliograph();
  const hearing = new Hearing();
  const sockets: WebSocket[] = [];
  await inParallel({ count: DEVICES, atOnce: AT_ONCE }, async (serial) => {
    sockets.push(await attach(acs.acsUrl, serial, hearing));
  });
  await acs.client.channels.set(CHANNEL);
  // Each is given the channel's state as it joins.
  const joined = hearing.expect(DEVICES);
  const keys = Array.from({ length: DEVICES }, (_, serial) => keyOf(serial));
  for (let from = 0; from < DEVICES; from += MEMBERS_AT_ONCE) {
    await acs.client.channels.setMembers(CHANNEL, { join: keys.slice(from, from + MEMBERS_AT_ONCE) });
  }
  await joined;
  const publish = () => acs.client.channels.publish(CHANNEL, DATA);
  const least = await leastCpuOf({ server: acs.process, publish, hearing });
  for (const socket of sockets) socket.terminate();
  return least;
}

/** Sends what the ACS sends. */
async function bare(text: string): Promise<number> {
  const port = await freePort();
  const args = ["bench/publishing-server.ts", String(port)];
  await using server = await serveProcess(args, (line) => line === "ready");
  const hearing = new Hearing();
  const sockets: WebSocket[] = [];
  await inParallel({ count: DEVICES, atOnce: AT_ONCE }, async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
    await once(socket, "open");
    socket.on("message", () => {
      hearing.heard();
    });
    sockets.push(socket);
  });
  const publish = () => fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: text });
  const least = await leastCpuOf({ server, publish, hearing });
  for (const socket of sockets) socket.terminate();
  return least;
}

const text = encodeTokenRequest({
  method: "Publish",
  params: { Channel: CHANNEL, Epoch: "0123456789abcdef", Offset: 1, Data: DATA },
});
const [published, looped] = [await heliograph(), await bare(text)];
console.log(`${DEVICES} members of one channel, ${Buffer.byteLength(text)} bytes to each\n`);
console.log(table(["CPU"], [["published : a bare loop of ws sends", published / looped]]));
const rows = [
  ["one publication", published],
  ["one bare loop", looped],
] as const;
console.log(`\n${table(["CPU ms"], rows)}`);
