import { tempDir } from "@heliograph/testkit";
import type { MeasureOptions } from "./figures-run.ts";
import { Machines } from "./machines.ts";
import { callEach, keysOf, startFleet, type FleetWishes } from "./measured-fleet.ts";
import { cpuOf, spent } from "./meter.ts";
import type { RunningFleet } from "./running-fleet.ts";
import { textTable } from "./text-table.ts";

const ACS = ["cwmp", "light", "engine", "api"] as const;
const HOUR_SECONDS = 3_600;
const AT_ONCE = 10;
/** The code of a process that has half of the devices is compiled after twice as many of them. */
const ROUNDS = 16;
/** Operations of each device in a round. */
const TURNS = 5;

/** What an operation costs the ACS with one `light` process, and with two of them that share the devices. */
export async function lightProcessesText(options: MeasureOptions): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const one = stack.use(await Measured.start(1, options));
  const two = stack.use(await Measured.start(2, options));
  // By turns, as the machine is faster at one time than at another.
  for (let round = 0; round < ROUNDS; round += 1) for (const measured of [one, two]) await measured.round();
  for (const measured of [one, two]) await measured.check();
  const head = ["milliseconds of CPU for one operation", "in all", ...ACS];
  const rows = [
    ["one light process", ...one.least],
    ["two light processes", ...two.least],
  ];
  return [
    `two light processes : one, ${(two.least[0] / one.least[0]).toFixed(3)}; promised is at most 1.15`,
    textTable([head, ...rows]),
  ].join("\n\n");
}

/** Milliseconds of CPU for one operation, in all and of each role. */
type Cost = readonly [number, ...number[]];

/** An ACS with so many `light` processes, and what operations cost it. */
class Measured implements AsyncDisposable {
  readonly #light: number;
  readonly #options: MeasureOptions;
  readonly #resources: AsyncDisposableStack;
  readonly #machines: Machines;
  readonly #fleet: RunningFleet;
  readonly #rounds: Cost[] = [];

  private constructor(light: number, options: MeasureOptions, parts: Parts) {
    this.#light = light;
    this.#options = options;
    this.#resources = parts.resources;
    this.#machines = parts.machines;
    this.#fleet = parts.fleet;
  }

  static async start(light: number, options: MeasureOptions): Promise<Measured> {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(tempDir());
    const topology = { cwmp: 1, light, engine: 1, api: 1 };
    const machines = stack.use(await Machines.start({ topology, apart: false }));
    const wishes = wishesOf(options);
    const fleet = stack.use(await startFleet(machines, { ...wishes, ledger: folder.file("ledger") }));
    return new Measured(light, options, { machines, fleet, resources: stack.move() });
  }

  /** The least of all rounds, as whatever else runs here only adds. */
  get least(): Cost {
    const [least = [Infinity]] = this.#rounds.toSorted(([a], [b]) => a - b);
    return least;
  }

  async round(): Promise<void> {
    const keys = Array.from({ length: TURNS }, () => keysOf(wishesOf(this.#options))).flat();
    const all = await spent(this.#machines, () => callEach(this.#machines, { keys, atOnce: AT_ONCE }));
    const each = ACS.map((role) => cpuOf(all, role) / keys.length);
    const sum = each.reduce((total, ms) => total + ms, 0);
    const which = `${this.#light} light, round ${this.#rounds.length + 1}`;
    this.#options.tell(`${which}: ${sum.toFixed(2)} ms for one operation`);
    this.#rounds.push([sum, ...each]);
  }

  /** Throws where not all devices are attached to the end. */
  async check(): Promise<void> {
    const { devices } = this.#options;
    const { isIn } = await this.#fleet.report(Date.now());
    if (isIn < devices) throw new Error(`only ${isIn} of ${devices} devices are attached`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#resources.disposeAsync();
  }
}

interface Parts {
  readonly machines: Machines;
  readonly fleet: RunningFleet;
  readonly resources: AsyncDisposableStack;
}

function wishesOf({ devices }: MeasureOptions): FleetWishes {
  return { name: "L", devices, classicEvery: 0, informSeconds: HOUR_SECONDS };
}
