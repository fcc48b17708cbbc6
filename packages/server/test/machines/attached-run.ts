import { setTimeout as delay } from "node:timers/promises";
import { tempDir } from "@heliograph/testkit";
import type { MeasureOptions } from "./figures-run.ts";
import { Machines } from "./machines.ts";
import { keysOf, startFleet, unanswered, type FleetWishes } from "./measured-fleet.ts";
import { spent } from "./meter.ts";
import { residentKb } from "./process-figures.ts";
import { textTable } from "./text-table.ts";

const FLEETS = ["A", "B"] as const;
const HOUR_SECONDS = 3_600;
const REST_MS = 15_000;
const AT_ONCE = 50;
const SHOWN = 10;
/** Devices that come before the others, so that what a process needs for itself is not counted. */
const FIRST = 100;

/** Many devices that stay attached to two `light` processes: what each needs of memory, and that all of them answer a call. */
export async function attachedText({ devices, tell }: MeasureOptions): Promise<string> {
  using folder = tempDir();
  const topology = { cwmp: 1, light: 2, engine: 1, api: 1 };
  await using machines = await Machines.start({ topology, apart: false });
  await using fleets = new AsyncDisposableStack();
  const start = async (wishes: FleetWishes): Promise<void> => {
    fleets.use(await startFleet(machines, { ...wishes, tell, ledger: folder.file(wishes.name) }));
  };
  const stay = { classicEvery: 0, informSeconds: HOUR_SECONDS };
  await start({ ...stay, name: "First", devices: FIRST });
  await delay(REST_MS);
  const before = memoryOf(machines);
  const crowds = FLEETS.map((name, index) => {
    return { ...stay, name, devices: Math.ceil((devices - index) / FLEETS.length) };
  });
  const coming = await spent(machines, () => Promise.all(crowds.map(start)));
  tell(`${devices} devices are attached after ${coming.seconds.toFixed(0)} s`);
  await delay(REST_MS);
  const after = memoryOf(machines);
  const keys = crowds.flatMap(keysOf);
  let failed: readonly string[] = [];
  const called = await spent(machines, async () => {
    failed = await unanswered(machines, { keys, atOnce: AT_ONCE });
  });
  const answered =
    failed.length === 0 ? "all answered a call" : `FAILED ${failed.length} did not answer a call`;
  tell(`${answered} within ${called.seconds.toFixed(0)} s`);
  const rows = machines.parts.map(({ name }) => {
    const [kb = 0, first = 0] = [after.get(name), before.get(name)];
    const cpu = [coming, called].map((all) => (all.cpu.get(name) ?? 0) / devices);
    return [name, kb / 1_024, (kb - first) / devices, ...cpu];
  });
  return [
    `${devices} devices attached over two light processes in ${coming.seconds.toFixed(0)} s, ` +
      `and ${answered} in ${called.seconds.toFixed(0)} s`,
    textTable([["", "MB", "kB a device", "CPU ms to come", "CPU ms for a call"], ...rows]),
    ...(failed.length === 0 ? [] : [failed.slice(0, SHOWN).join("\n")]),
    "A device has its socket with one of the two light processes: what one needs for it is what both show together.",
  ].join("\n\n");
}

function memoryOf({ parts }: Machines): ReadonlyMap<string, number> {
  return new Map(parts.map(({ name, process }) => [name, residentKb(process.pid ?? 0)]));
}
