import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { DeviceRequest } from "@heliograph/protocol";
import { freePort, lightGuest, Returns, ReturningGuest, type Guest, type Return } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { table, type Row } from "./figures.ts";
import { inParallel } from "./in-parallel.ts";
import { referTo } from "./light-device.ts";
import { OperationLoad, RunLedger } from "./rolling-restart-load.ts";
import { restartedBare, restartedHeliograph, type RestartedServer } from "./rolling-restart-server.ts";

const DEVICES = Number(process.argv[3] ?? 10_000);
/** Devices that come at the same time, at first. */
const AT_ONCE = 50;
/** So long a device is in before it is lost: its tries count anew by then [LIGHT 4]. */
const LASTING_MS = 60_000;
/** So long a server is left alone before its memory is read. */
const REST_MS = 5_000;
const SIGNALS = ["SIGTERM", "SIGTERM", "SIGKILL"] as const;

interface Turn extends Return {
  readonly name: string;
  /** Seconds from the signal until the next server listens. */
  readonly down: number;
  /** Milliseconds for each device, of the server that they come back to; what operations cost meanwhile is taken off. */
  readonly cpu: number;
  readonly residentMb: number;
}

/** Ends the server once all have been in for a while, and starts it again; all come back. */
async function restart(
  { server, returns }: { readonly server: RestartedServer; readonly returns: Returns },
  { name, signal }: { readonly name: string; readonly signal: (typeof SIGNALS)[number] },
): Promise<Turn> {
  const lasting = await spent(server, () => delay(LASTING_MS));
  returns.begin();
  const start = performance.now();
  await server.restart(signal);
  const down = (performance.now() - start) / 1_000;
  const coming = await spent(server, () => returns.all());
  const cpu = (coming.cpu - (lasting.cpu / lasting.ms) * coming.ms) / DEVICES;
  await delay(REST_MS);
  return { ...coming.value, name, down, cpu, residentMb: residentMb(server) };
}

interface Spent<T> {
  readonly value: T;
  readonly ms: number;
  /** Milliseconds of the server's CPU. */
  readonly cpu: number;
}

async function spent<T>(server: RestartedServer, run: () => Promise<T>): Promise<Spent<T>> {
  const [start, before] = [performance.now(), server.process.cpuMs()];
  const value = await run();
  return { value, ms: performance.now() - start, cpu: server.process.cpuMs() - before };
}

function residentMb(server: RestartedServer): number {
  const status = readFileSync(`/proc/${server.process.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}

/** Has all guests come in for the first time. */
async function fleet(
  returns: Returns,
  guest: (serial: number) => Promise<Guest>,
): Promise<readonly ReturningGuest[]> {
  const all: ReturningGuest[] = [];
  await inParallel({ count: DEVICES, atOnce: AT_ONCE }, async (serial) => {
    const returning = new ReturningGuest(await guest(serial), returns);
    all.push(returning);
    await returning.first;
  });
  return all;
}

async function heliograph(): Promise<readonly Turn[]> {
  await using acs = await restartedHeliograph();
  const [returns, ledger] = [new Returns(DEVICES), new RunLedger()];
  const devices = await fleet(returns, async (serial) =>
    lightGuest(await referTo(acs.acsUrl, serial), (call) => run(call, ledger)),
  );
  await delay(REST_MS);
  console.log(`${DEVICES} devices are attached, and the server has ${residentMb(acs.server).toFixed(0)} MB`);
  const load = new OperationLoad(acs.client, DEVICES);
  const turns: Turn[] = [];
  for (const [index, signal] of SIGNALS.entries()) {
    turns.push(await restart({ ...acs, returns }, { name: `${index + 1}: ${signal}`, signal }));
  }
  await load.finish();
  const { accepted, done, otherwise, lost, twice } = await load.reckon(ledger);
  console.log(
    `${accepted} operations were accepted meanwhile: ${done} done, ${otherwise} ended otherwise, ` +
      `${lost} lost, ${twice} run twice that must not be\n`,
  );
  for (const device of devices) device[Symbol.dispose]();
  return turns;
}

async function bare(): Promise<Turn> {
  const port = await freePort();
  await using server = await restartedBare(port);
  const returns = new Returns(DEVICES);
  const sockets = await fleet(returns, async () => ({
    open: () => new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false }),
    greeting: () => "x",
    hear: () => "welcome",
  }));
  const turn = await restart({ server, returns }, { name: "sockets of a bare ws echo", signal: "SIGKILL" });
  for (const socket of sockets) socket[Symbol.dispose]();
  return turn;
}

function run(call: DeviceRequest, ledger: RunLedger): object {
  switch (call.method) {
    case "GetParameterValues":
      for (const name of call.params.ParameterNames) ledger.ran(name);
      return { Values: call.params.ParameterNames.map(() => 36) };
    case "SetParameterValues":
      ledger.ran(call.params.ParameterKey ?? "");
      return { Status: 0 };
    case "AddObject":
      ledger.ran(call.params.ParameterKey ?? "");
      return { InstanceNumber: 1, Status: 0 };
    default:
      throw new Error(`nobody asks for ${call.method}`);
  }
}

/** Of what is sorted. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
}

function row({ name, down, seconds, peak, losses, cpu, residentMb: resident }: Turn): Row {
  const back = [0.5, 0.95, 1].map((share) => quantile(seconds, share));
  return [name, down, ...back, peak, losses.get(503) ?? 0, cpu, resident];
}

const [ours, baseline] = [await heliograph(), await bare()];
const ratios = ours.map((turn): Row => {
  const all = quantile(turn.seconds, 1) / quantile(baseline.seconds, 1);
  return [
    `${turn.name} : ${baseline.name}`,
    turn.cpu / baseline.cpu,
    all,
    turn.residentMb / baseline.residentMb,
  ];
});
const heads = ["down s", "p50 s", "p95 s", "all s", "peak/s", "503s", "CPU ms", "MB"];
console.log(`${DEVICES} devices come back after their server was ended, and started again\n`);
console.log(table(["CPU", "all", "memory"], ratios));
console.log(`\n${table(heads, [...ours, baseline].map(row))}\n`);
for (const { name, losses } of [...ours, baseline]) {
  const counts = [...losses].map(([how, count]) => `${count} × ${how}`);
  console.log(`${name}: lost or refused by ${counts.join(", ")}`);
}
