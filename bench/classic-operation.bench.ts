import { Agent, request } from "node:http";
import { dataModel } from "@heliograph/agent";
import { startClassicDevice } from "@heliograph/agent/node";
import { createClient } from "@heliograph/api/client";
import { readClientFile } from "@heliograph/server";
import { freePort, tempDir } from "@heliograph/testkit";
import { serveProcess, type ServedProcess } from "./served-process.ts";

const DEVICES = 20;
const OPERATIONS = 400;
/** What the wire carries for one operation: POST, two connection requests, and four POSTs of the session. */
const REQUESTS = 7;
const INFORM = "x".repeat(2_600);

interface Figures {
  readonly p50: number;
  readonly p95: number;
  readonly cpu: number;
}

/** Times `run` for each of `count` turns, and what CPU the server spent on one. */
async function measure(
  server: ServedProcess,
  count: number,
  run: (turn: number) => Promise<void>,
): Promise<Figures> {
  for (let turn = 0; turn < count / 4; turn += 1) await run(turn);
  const times: number[] = [];
  const before = server.cpuMs();
  for (let turn = 0; turn < count; turn += 1) {
    const start = performance.now();
    await run(turn);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(count * share)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), cpu: (server.cpuMs() - before) / count };
}

async function heliograph(): Promise<Figures> {
  using directory = tempDir();
  const [southbound, northbound] = [await freePort(), await freePort()];
  const acsUrl = `http://127.0.0.1:${southbound}/`;
  const listeners = ["--southbound", `127.0.0.1:${southbound}`, "--northbound", `127.0.0.1:${northbound}`];
  const command = "packages/cli/bin/heliograph.js";
  const args = [command, "serve", "--data", directory.path, ...listeners];
  await using server = await serveProcess(args, (line) => line.startsWith("Try next"));
  const access = readClientFile(directory.file("client.json"));
  if (access === undefined) throw new Error("the server wrote no client.json");
  const client = createClient(access);
  const devices = await Promise.all(
    Array.from({ length: DEVICES }, (_, number) => startDevice(acsUrl, number)),
  );
  const params = { ParameterNames: ["Device.WiFi.Radio.1.Channel"] };
  const figures = await measure(server, OPERATIONS, async (turn) => {
    const key = `00D09E-Bench-${turn % DEVICES}`;
    const operation = await client.operations.create(key, { method: "GetParameterValues", params, wait: 10 });
    if (operation.state !== "done") throw new Error(`an operation of ${key} is ${operation.state}`);
  });
  await Promise.all(devices.map((device) => device.close()));
  return figures;
}

/** A device that has its own credentials by the time this resolves. */
async function startDevice(acsUrl: string, number: number): Promise<{ close(): Promise<void> }> {
  const served = Promise.withResolvers<undefined>();
  const device = await startClassicDevice({
    acsUrl,
    deviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Bench", SerialNumber: String(number) },
    dataModel: dataModel({ "Device.WiFi.Radio.1.Channel": { type: "unsignedInt", value: 36 } }),
    connectionRequests: { limit: { requests: 1_000, periodMs: 1_000 } },
    onActivity: ({ type }) => {
      if (type === "session-ended") served.resolve(undefined);
    },
  });
  await served.promise;
  return device;
}

/** The same number of requests, one after another, over as many TCP connections, to a server that does nothing. */
async function bare(): Promise<Figures> {
  const port = await freePort();
  await using server = await serveProcess(["bench/bare-server.ts", String(port)], (line) => line === "ready");
  const manager = new Agent({ keepAlive: true });
  const figures = await measure(server, OPERATIONS, async () => {
    await post(port, manager);
    for (const requests of [2, REQUESTS - 3]) {
      const agent = new Agent({ keepAlive: true });
      for (let sent = 0; sent < requests; sent += 1) await post(port, agent);
      agent.destroy();
    }
  });
  manager.destroy();
  return figures;
}

function post(port: number, agent: Agent): Promise<undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const sent = request({ port, host: "127.0.0.1", method: "POST", agent }, (response) => {
    response.resume().once("end", () => {
      resolve(undefined);
    });
  });
  sent.once("error", reject).end(INFORM);
  return promise;
}

function line(name: string, { p50, p95, cpu }: Figures): string {
  return `${name.padEnd(34)} ${[p50, p95, cpu].map((figure) => figure.toFixed(2).padStart(9)).join(" ")}`;
}

const [ours, baseline] = [await heliograph(), await bare()];
console.log(`${OPERATIONS} operations, one after another, over ${DEVICES} devices\n`);
console.log(`${"".padEnd(34)}    p50 ms    p95 ms    CPU ms`);
console.log(line("GetParameterValues, asleep to done", ours));
console.log(line(`${REQUESTS} requests to a bare node:http`, baseline));
console.log(
  `${"ratio".padEnd(34)} ${(ours.p50 / baseline.p50).toFixed(1).padStart(9)} ${(ours.p95 / baseline.p95).toFixed(1).padStart(9)} ${(ours.cpu / baseline.cpu).toFixed(1).padStart(9)}`,
);
