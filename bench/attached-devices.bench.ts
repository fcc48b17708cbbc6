import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { attachDevice } from "./light-device.ts";
import { serveHeliograph } from "./served-heliograph.ts";
import { serveProcess, type ServedProcess } from "./served-process.ts";

const DEVICES = Number(process.argv[3] ?? 10_000);
/** Devices that come at the same time. */
const AT_ONCE = 50;
/** So long the server is left alone before its memory is read: collected rubbish is not what a device costs. */
const REST_MS = 10_000;

interface Cost {
  /** Resident memory for each device, in kB. */
  readonly memory: number;
  /** CPU for each device that comes, in ms. */
  readonly cpu: number;
  /** Devices that came in a second. */
  readonly rate: number;
}

async function cost(server: ServedProcess, attach: (number: number) => Promise<unknown>): Promise<Cost> {
  for (let number = 0; number < AT_ONCE; number += 1) await attach(number);
  await delay(REST_MS);
  const [before, cpuBefore, start] = [residentKb(server), server.cpuMs(), performance.now()];
  const waiting = Array.from({ length: DEVICES }, (_, number) => AT_ONCE + number).values();
  const worker = async (): Promise<void> => {
    for (const number of waiting) await attach(number);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const seconds = (performance.now() - start) / 1_000;
  const cpu = (server.cpuMs() - cpuBefore) / DEVICES;
  await delay(REST_MS);
  return { memory: (residentKb(server) - before) / DEVICES, cpu, rate: DEVICES / seconds };
}

function residentKb({ pid }: ServedProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

async function heliograph(): Promise<Cost> {
  await using acs = await serveHeliograph();
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const devices: { close(): void }[] = [];
  const paid = await cost(acs.process, async (number) => {
    devices.push(await attachDevice(acs.acsUrl, number, agent));
  });
  for (const device of devices) device.close();
  agent.destroy();
  return paid;
}

async function bare(): Promise<Cost> {
  const port = await freePort();
  await using server = await serveProcess(["bench/bare-server.ts", String(port)], (line) => line === "ready");
  const sockets: WebSocket[] = [];
  const paid = await cost(server, async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
    await once(socket, "open");
    socket.send("x");
    await once(socket, "message");
    sockets.push(socket);
  });
  for (const socket of sockets) socket.terminate();
  return paid;
}

function row(name: string, { memory, cpu, rate }: Cost): string {
  const cells = [memory.toFixed(1), cpu.toFixed(2), rate.toFixed(0)];
  return [name.padEnd(34), ...cells.map((cell) => cell.padStart(14))].join(" ");
}

const [ours, baseline] = [await heliograph(), await bare()];
console.log(`${DEVICES} devices that stay, ${AT_ONCE} coming at a time\n`);
console.log(
  [
    "".padEnd(34),
    ...["kB a device", "CPU ms to come", "came a second"].map((head) => head.padStart(14)),
  ].join(" "),
);
console.log(row("attached light devices", ours));
console.log(row("sockets of a bare ws echo", baseline));
