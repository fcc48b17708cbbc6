import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
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
  const sum = (): number => devices.reduce((bytes, device) => bytes + device.bytes(), 0);
  const bytesBefore = sum();
  for (const { key } of devices.slice(0, OPERATIONS)) {
    const { state } = await acs.client.operations.create(key, { ...CALL, wait: 10 });
    if (state !== "done") throw new Error(`an operation of ${key} is ${state}`);
  }
  const bytes = (sum() - bytesBefore) / Math.min(OPERATIONS, devices.length);
  for (const device of devices) device.close();
  return [memory, cpu, bytes];
}

function residentKb({ pid }: ServedProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

const rows: Row[] = [];
for (const [name, attach] of Object.entries(attachBy)) rows.push([name, ...(await cost(attach))]);
console.log(
  `${DEVICES} devices of each subprotocol that stay, and ${OPERATIONS} GetParameterValues of one parameter\n`,
);
console.log(table(["kB each", "CPU ms", "bytes"], rows));
