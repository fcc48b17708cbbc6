import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { table, type Row } from "./figures.ts";
import { inParallel } from "./in-parallel.ts";
import { attachDevice } from "./light-device.ts";
import { serveHeliograph } from "./served-heliograph.ts";
import { serveBare, type ServedProcess } from "./served-process.ts";

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
  await inParallel({ count: AT_ONCE, atOnce: AT_ONCE }, attach);
  await delay(REST_MS);
  const [before, cpuBefore, start] = [residentKb(server), server.cpuMs(), performance.now()];
  await inParallel({ count: DEVICES, atOnce: AT_ONCE, from: AT_ONCE }, attach);
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
  const devices: { close(): void }[] = [];
  const paid = await cost(acs.process, async (serial) => {
    devices.push(await attachDevice(acs.acsUrl, serial));
  });
  for (const device of devices) device.close();
  return paid;
}

async function bare(): Promise<Cost> {
  const port = await freePort();
  await using server = await serveBare(port);
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

function row(name: string, { memory, cpu, rate }: Cost): Row {
  return [name, memory, cpu, rate];
}

const [ours, baseline] = [await heliograph(), await bare()];
const ratio: Cost = {
  memory: ours.memory / baseline.memory,
  cpu: ours.cpu / baseline.cpu,
  rate: ours.rate / baseline.rate,
};
console.log(`${DEVICES} devices that stay, ${AT_ONCE} coming at a time\n`);
console.log(table(["memory", "CPU", "rate"], [row("attached : sockets of a bare ws echo", ratio)]));
console.log(
  `\n${table(
    ["kB each", "CPU ms", "a second"],
    [row("attached light devices", ours), row("sockets of a bare ws echo", baseline)],
  )}`,
);
