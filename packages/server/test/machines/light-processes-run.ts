import { tempDir } from "@heliograph/testkit";
import type { MeasureOptions } from "./figures-run.ts";
import { Machines } from "./machines.ts";
import { callEach, keysOf, startFleet } from "./measured-fleet.ts";
import { cpuOf, spent } from "./meter.ts";
import { textTable } from "./text-table.ts";

const ACS = ["cwmp", "light", "engine", "api"] as const;
const HOUR_SECONDS = 3_600;
const AT_ONCE = 10;
const ROUNDS = 5;
/** Operations of each device in a round. */
const TURNS = 5;

/** What an operation costs the ACS with one `light` process, and with two of them that share the devices. */
export async function lightProcessesText(options: MeasureOptions): Promise<string> {
  const one = await operationCost(1, options);
  const two = await operationCost(2, options);
  const head = ["milliseconds of CPU for one operation", "in all", ...ACS];
  return [
    `two light processes : one, ${(two[0] / one[0]).toFixed(3)}; promised is at most 1.15`,
    textTable([head, ["one light process", ...one], ["two light processes", ...two]]),
  ].join("\n\n");
}

/** In all, and of each role; the least of several rounds, as whatever else runs here only adds. */
async function operationCost(
  light: number,
  { devices, tell }: MeasureOptions,
): Promise<readonly [number, ...number[]]> {
  using folder = tempDir();
  const topology = { cwmp: 1, light, engine: 1, api: 1 };
  await using machines = await Machines.start({ topology, apart: false });
  const wishes = { name: "L", devices, classicEvery: 0, informSeconds: HOUR_SECONDS };
  await using fleet = await startFleet(machines, { ...wishes, ledger: folder.file("ledger") });
  const keys = Array.from({ length: TURNS }, () => keysOf(wishes)).flat();
  const rounds: (readonly [number, ...number[]])[] = [];
  // In the first one everything is done for the first time.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const all = await spent(machines, () => callEach(machines, { keys, atOnce: AT_ONCE }));
    const each = ACS.map((role) => cpuOf(all, role) / keys.length);
    const sum = each.reduce((total, ms) => total + ms, 0);
    tell(`${light} light, round ${round}: ${sum.toFixed(2)} ms for one operation`);
    if (round > 0) rounds.push([sum, ...each]);
  }
  const { isIn } = await fleet.report(Date.now());
  if (isIn < devices) throw new Error(`only ${isIn} of ${devices} devices are attached`);
  const [least = [Infinity]] = rounds.toSorted(([a], [b]) => a - b);
  return least;
}
