import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "@heliograph/api/client";
import { ClassicDevice } from "./classic-device.ts";
import { table, type Row } from "./figures.ts";
import { inParallel } from "./in-parallel.ts";
import { serveHeliograph } from "./served-heliograph.ts";
import type { ServedProcess } from "./served-process.ts";
import { attachBy, type Attach } from "./subprotocol-devices.ts";

const DEVICES = Number(process.argv[3] ?? 10_000);
/** Devices that come at the same time. */
const AT_ONCE = 50;
/** So long the server is left alone before its memory is read: collected rubbish is not what a device costs. */
const REST_MS = 10_000;
const OPERATIONS = 200;
const CLASSIC_DEVICES = 20;
const CALL = { method: "GetParameterValues", params: { ParameterNames: ["Device.RootDataModelVersion"] } };

/** Memory for each attached device in kB, CPU in ms for its coming, and the bytes of one operation on its socket. */
async function cost(attach: Attach): Promise<readonly [memory: number, cpu: number, bytes: number]> {
  await using acs = await serveHeliograph();
  const devices: Awaited<ReturnType<Attach>>[] = [];
  const come = async (serial: number): Promise<void> => {
    devices.push(await attach(acs.acsUrl, serial));
  };
  await inParallel({ count: AT_ONCE, atOnce: AT_ONCE }, come);
  await delay(REST_MS);
  const [before, cpuBefore] = [residentKb(acs.process), acs.process.cpuMs()];
  await inParallel({ count: DEVICES, atOnce: AT_ONCE, from: AT_ONCE }, come);
  const cpu = (acs.process.cpuMs() - cpuBefore) / DEVICES;
  await delay(REST_MS);
  const memory = (residentKb(acs.process) - before) / DEVICES;
  const bytes = await bytesOfOne(acs.client, devices);
  for (const device of devices) device.close();
  return [memory, cpu, bytes];
}

interface Reached {
  readonly key: string;
  readonly bytes: () => number;
}

/** The bytes of one operation on its device's connections, both ways. */
async function bytesOfOne({ operations }: Client, devices: readonly Reached[]): Promise<number> {
  const sum = (): number => devices.reduce((bytes, device) => bytes + device.bytes(), 0);
  const before = sum();
  for (let turn = 0; turn < OPERATIONS; turn += 1) {
    const key = devices[turn % devices.length]?.key ?? "";
    const { state } = await operations.create(key, { ...CALL, wait: 10 });
    if (state !== "done") throw new Error(`an operation of ${key} is ${state}`);
  }
  return (sum() - before) / OPERATIONS;
}

/** Of devices that come for each operation, and go. */
async function classicBytes(): Promise<number> {
  await using acs = await serveHeliograph();
  const devices: ClassicDevice[] = [];
  for (let serial = 0; serial < CLASSIC_DEVICES; serial += 1) {
    devices.push(await ClassicDevice.enrolled({ acsUrl: acs.acsUrl, serial, parameters: 8 }));
  }
  const reached = devices.map((device) => ({ key: device.key, bytes: () => device.bytes }));
  const bytes = await bytesOfOne(acs.client, reached);
  for (const device of devices) device[Symbol.dispose]();
  return bytes;
}

function residentKb({ pid }: ServedProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

const rows: Row[] = [];
for (const [name, attach] of Object.entries(attachBy)) rows.push([name, ...(await cost(attach))]);
rows.push(["classic, a session for each operation", "none", "", await classicBytes()]);
console.log(
  `${DEVICES} devices of each subprotocol that stay, and ${OPERATIONS} GetParameterValues of one parameter\n`,
);
console.log(table(["kB each", "CPU ms", "bytes"], rows));
