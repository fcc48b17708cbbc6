import { setTimeout as delay } from "node:timers/promises";
import type { Compliance, Policy } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";
import { seededRandom, tempDir } from "@heliograph/testkit";
import { within } from "../deadline.ts";
import { fleetKey, LEVEL } from "./fleet-device.ts";
import { allOperations, missing, readRuns, reckon, reckonEach, type Reckoning } from "./ledgers.ts";
import { isPassing, Load, type Accepted } from "./load.ts";
import { Machines, type Topology } from "./machines.ts";
import { OUTSIDE } from "./network.ts";
import { recovery, type Recovery, type Strike, type Watched } from "./recovery.ts";
import { RunningFleet } from "./running-fleet.ts";
import { RunTime } from "./run-time.ts";
import { everyTrouble, type Lengths, type Trouble } from "./troubles.ts";
import { UsageWatch, type Usage } from "./usage.ts";
import { EventWatcher, LiveWatcher, ManagerWatcher } from "./watchers.ts";

export interface KillRunOptions {
  readonly topology: Topology;
  /** Whether lines are cut as well. */
  readonly cuts: boolean;
  readonly devices: number;
  /** Processes over which the devices are spread. */
  readonly fleets: number;
  readonly classicEvery: number;
  readonly informSeconds: number;
  readonly retrySeconds: number;
  readonly lengths: Lengths;
  readonly callers: number;
  readonly pauseMs: number;
  /** How many devices are asked after each trouble whether they are there. */
  readonly probes: number;
  /** Of all troubles, those that are had; left out: all. */
  readonly choose?: (trouble: Trouble) => boolean;
  /** Milliseconds for what is left to be done at the end. */
  readonly patienceMs: number;
  /** How many devices a second the policy begins with; left out: {@link POLICY_PER_SECOND}. */
  readonly policyPerSecond?: number;
  /** In all; troubles for which no time is left are not had. Left out: as long as it takes. */
  readonly mostMs?: number;
  readonly tell: (line: string) => void;
  /** Breaks it off, and cleans up. */
  readonly signal?: AbortSignal;
}

/** What is known of a run, however it ended. */
export interface KillNotes {
  readonly options: KillRunOptions;
  readonly seconds: number;
  /** Undefined where not all devices came. */
  readonly attachSeconds: number | undefined;
  readonly recoveries: readonly Recovery[];
  /** The troubles for which no time was left, or too little to see them out. */
  readonly notHad: readonly string[];
  readonly usages: readonly Usage[];
  readonly complaints: string;
}

export interface KillReport extends KillNotes {
  readonly reckoning: Reckoning;
  /** The same of what was accepted during each of the troubles, by their names. */
  readonly reckonings: ReadonlyMap<string, Reckoning>;
  /** How often a manager was not answered, or was told to come again. */
  readonly refusals: number;
  readonly events: {
    readonly stored: number;
    readonly missing: readonly number[];
    /** Told more than once, or out of their order. */
    readonly repeated: number;
  };
  readonly compliance: Policy["compliance"];
  /** Where the first of those devices stand with the policy's last version that do not apply it. */
  readonly notApplied: readonly Compliance[];
}

/** The run did not come to its end. */
export class BrokenRunError extends Error {
  override readonly name = "BrokenRunError";
  readonly notes: KillNotes;

  constructor(cause: unknown, notes: KillNotes) {
    super(`the run did not come to its end: ${String(cause)}`, { cause });
    this.notes = notes;
  }
}

/** As many as two cores bear beside little else. */
export const POLICY_PER_SECOND = 200;
const GROUP = "machines";
const POLICY = "dial";
const DIAL = "Device.X_F0F0F0_Dial.";
const AGAIN_MS = 500;
const TELL_MS = 10_000;
/** So long a trouble takes at least, with what follows it. */
const TROUBLE_MS = 45_000;
const STOP_MS = 60_000;
const SHOWN = 10;
const DISPOSE_MS = 5_000;

/** Many machines, of which one after the other is killed or cut off while devices and managers want things of them. */
export async function killRun(options: KillRunOptions): Promise<KillReport> {
  const began = performance.now();
  await using machines = await Machines.start({ topology: options.topology, apart: options.cuts });
  using folder = tempDir();
  await using run = new KillRun(options, { machines, ledger: (fleet) => folder.file(`ledger-${fleet}`) });
  using watch = new UsageWatch(() => run.pids);
  const notes = (): KillNotes => {
    const seconds = (performance.now() - began) / 1_000;
    return { options, seconds, ...run.notes, usages: watch.usages, complaints: machines.complaints };
  };
  try {
    await run.attach();
    await run.endure();
    const conclusion = await run.conclude();
    return { ...notes(), ...conclusion };
  } catch (error) {
    throw new BrokenRunError(error, notes());
  }
}

type Conclusion = Omit<KillReport, keyof KillNotes>;

interface Ground {
  readonly machines: Machines;
  readonly ledger: (fleet: number) => string;
}

class KillRun implements AsyncDisposable {
  readonly #options: KillRunOptions;
  readonly #ground: Ground;
  readonly #client: Client;
  readonly #fleets: RunningFleet[] = [];
  readonly #events: EventWatcher;
  readonly #resources = new AsyncDisposableStack();
  readonly #time: RunTime;
  readonly #troubles: readonly Trouble[];
  readonly #recoveries: Recovery[] = [];
  readonly #notHad: string[] = [];
  /** How much had been accepted when each trouble began. */
  readonly #marks: { readonly name: string; readonly from: number }[] = [];
  #attachSeconds: number | undefined;
  #load: Load | undefined;

  constructor(options: KillRunOptions, ground: Ground) {
    this.#options = options;
    this.#ground = ground;
    this.#client = ground.machines.client();
    this.#events = this.#resources.use(new EventWatcher(ground.machines.client()));
    const { lengths, cuts, choose, mostMs = Infinity, patienceMs, signal } = options;
    this.#troubles = chosen(everyTrouble(ground.machines, { lengths, cuts }), choose);
    this.#time = new RunTime(mostMs - patienceMs, signal);
  }

  /** What is known so far. */
  get notes(): Pick<KillNotes, "attachSeconds" | "recoveries" | "notHad"> {
    return { attachSeconds: this.#attachSeconds, recoveries: this.#recoveries, notHad: this.#notHad };
  }

  /** Of all processes there are, the devices' among them. */
  get pids(): ReadonlyMap<string, number | undefined> {
    const { parts, nats, postgres } = this.#ground.machines;
    return new Map([
      ...parts.map(({ name, process }) => [name, process.pid] as const),
      ["nats", nats.pid],
      ["postgres", postgres.pid],
      ...this.#fleets.map(({ pid }, fleet) => [`devices ${nameOf(fleet)}`, pid] as const),
      ["managers and watchers", process.pid],
    ]);
  }

  /** Resolves once all devices were in. */
  async attach(): Promise<void> {
    const { devices, fleets, tell } = this.#options;
    const began = performance.now();
    const telling = setInterval(() => void this.#tellWhoIsIn().catch(() => undefined), TELL_MS);
    try {
      const all = Array.from({ length: fleets }, (_, fleet) => this.#startFleet(fleet));
      await this.#time.within(Promise.all(all));
    } finally {
      clearInterval(telling);
    }
    this.#attachSeconds = (performance.now() - began) / 1_000;
    tell(`${devices} devices are in after ${this.#attachSeconds.toFixed(1)} s`);
  }

  /** One trouble after the other, while operations, file transfers and a policy are under way. */
  async endure(): Promise<void> {
    const watched = await this.#time.within(this.#watched());
    for (const [index, trouble] of this.#troubles.entries()) {
      if (!this.#time.hasLeft(TROUBLE_MS)) {
        this.#notHad.push(trouble.name);
        continue;
      }
      // The policy has its first version when the troubles begin, and its second one half way.
      if (index === Math.ceil(this.#troubles.length / 2)) await this.#publish("winter");
      await this.#have(trouble, watched);
    }
  }

  /** Ends what was begun, and compares the ledgers. */
  async conclude(): Promise<Conclusion> {
    const { patienceMs, signal, devices, tell } = this.#options;
    signal?.throwIfAborted();
    const load = this.#given();
    tell(`${load.accepted.size} operations were accepted; what has not ended is waited for`);
    const until = Date.now() + patienceMs;
    await within(load.stop(), "the last operations to be accepted", STOP_MS);
    await this.#until(async () => (await this.#open()) === 0, until);
    const isApplied = ({ compliance }: Policy): boolean => compliance.applied === devices;
    await this.#until(async () => isApplied(await this.#client.policies.get(POLICY)), until);
    const { compliance } = await again(() => this.#client.policies.get(POLICY), signal);
    const runs = this.#fleets.flatMap((_, fleet) => readRuns(this.#ground.ledger(fleet)));
    const operations = await again(() => allOperations(this.#client), signal);
    return {
      reckoning: reckon({ accepted: load.accepted.values(), runs, operations }),
      reckonings: reckonEach(this.#acceptedDuring(load), { runs, operations }),
      refusals: load.refusals,
      events: await this.#eventsOf(until),
      compliance,
      notApplied: await again(() => this.#notApplied(), signal),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#load !== undefined) {
      await within(this.#load.stop(), "the managers to stop", DISPOSE_MS).catch(() => undefined);
    }
    await this.#resources.disposeAsync();
  }

  async #have({ name, strike }: Trouble, watched: Watched): Promise<void> {
    const { tell } = this.#options;
    this.#marks.push({ name, from: watched.load.accepted.size });
    tell(`${name} …`);
    const strikeAll: Strike = (answered) => strike(this.#ground.machines, answered);
    const recovered = await recovery(watched, { name, strike: strikeAll });
    if (this.#time.signal.aborted) {
      this.#notHad.push(name);
      return;
    }
    this.#recoveries.push(recovered);
    tell(`${name}: ${told(recovered)}`);
  }

  /** By the names of the troubles, what was accepted from the beginning of each one on. */
  #acceptedDuring({ accepted }: Load): ReadonlyMap<string, readonly Accepted[]> {
    const all = [...accepted.values()];
    return new Map(
      this.#marks.map(({ name, from }, index) => [name, all.slice(from, this.#marks[index + 1]?.from)]),
    );
  }

  async #tellWhoIsIn(): Promise<void> {
    const reports = await Promise.all(this.#fleets.map((fleet) => fleet.report(Date.now())));
    const isIn = reports.reduce((sum, report) => sum + report.isIn, 0);
    this.#options.tell(`${isIn} of ${this.#options.devices} devices are in`);
  }

  #given(): Load {
    if (this.#load === undefined) throw new Error("nobody wants anything yet");
    return this.#load;
  }

  async #startFleet(fleet: number): Promise<void> {
    const { devices, fleets, classicEvery, informSeconds, retrySeconds, cuts } = this.#options;
    const { machines, ledger } = this.#ground;
    const running = this.#resources.use(new RunningFleet());
    this.#fleets.push(running);
    await running.start({
      ...{ cwmp: machines.doors("cwmp"), light: machines.doors("light") },
      host: cuts ? machines.network.machine(OUTSIDE).address : "127.0.0.1",
      name: nameOf(fleet),
      devices: Math.ceil((devices - fleet) / fleets),
      ...{ classicEvery, informSeconds, retrySeconds, ledger: ledger(fleet) },
    });
  }

  /** Starts whoever watches and whoever wants something. */
  async #watched(): Promise<Watched> {
    const { machines } = this.#ground;
    const { devices, fleets, callers, pauseMs, probes, tell } = this.#options;
    await this.#client.groups.set(GROUP, { expression: 'productClass = "Machines"' });
    await this.#publish("summer");
    const { id: file } = await this.#client.files.add({ name: "dial.cfg" }, Buffer.from("dial=1\n"));
    const keys = Array.from({ length: devices }, (_, index) =>
      fleetKey(nameOf(index % fleets), Math.floor(index / fleets)),
    );
    const [first = ""] = keys;
    // Who is watched does not restart, and answers at once.
    const asked = keys.slice(1);
    const random = seededRandom(tell);
    const client = machines.client();
    this.#load = new Load({ client, devices: asked, random, callers, pauseMs, file });
    const door = { addresses: machines.doors("api"), token: machines.token };
    const watchers = [
      this.#events,
      this.#resources.use(new LiveWatcher(machines.client(), { device: first, path: LEVEL })),
      this.#resources.use(new ManagerWatcher({ ...door, device: first, path: LEVEL })),
    ];
    const every = Math.max(1, Math.ceil(asked.length / probes));
    const probed = asked.filter((_, index) => index % every === 0);
    const { signal } = this.#time;
    return { fleets: this.#fleets, devices, watchers, load: this.#load, probed, signal };
  }

  async #publish(mode: string): Promise<void> {
    const { policyPerSecond = POLICY_PER_SECOND } = this.#options;
    const rules = { waves: [1], perSecond: policyPerSecond, pause: 0 };
    const content = { group: GROUP, values: { [DIAL]: { Mode: mode } }, rules };
    await again(() => this.#client.policies.set(POLICY, content), this.#time.signal);
    await again(() => this.#client.policies.publish(POLICY), this.#time.signal);
  }

  /** Operations that have not ended. */
  async #open(): Promise<number> {
    const states = ["queued", "running", "transferring"] as const;
    const pages = states.map((state) => this.#client.operations.list({ state, limit: 1 }));
    return (await Promise.all(pages)).reduce((sum, { items }) => sum + items.length, 0);
  }

  async #notApplied(): Promise<readonly Compliance[]> {
    const states = ["pending", "faulted", "drifted", "fighting", "not-applicable"] as const;
    const pages = states.map((state) => this.#client.policies.compliance(POLICY, { state, limit: SHOWN }));
    return (await Promise.all(pages)).flatMap(({ items }) => items).slice(0, SHOWN);
  }

  async #eventsOf(until: number): Promise<KillReport["events"]> {
    const stored = async (): Promise<readonly number[]> => {
      const rows = await this.#ground.machines.postgres.query("SELECT id FROM events ORDER BY id");
      return rows.map(({ id }) => Number(id));
    };
    const all = await stored();
    const { ids } = this.#events;
    await this.#until(async () => missing(all, ids).length === 0, until);
    const repeated = ids.filter((id, index) => index > 0 && id <= (ids[index - 1] ?? 0)).length;
    return { stored: all.length, missing: missing(all, ids), repeated };
  }

  /** Looks again and again until it is so, or time is over. */
  async #until(isSo: () => Promise<boolean>, until: number): Promise<void> {
    const { signal } = this.#options;
    do {
      signal?.throwIfAborted();
      if (await isSo().catch(notNow)) return;
      await delay(AGAIN_MS);
    } while (Date.now() < until);
  }
}

/** Nobody answers who knows whether it is so. */
function notNow(error: unknown): false {
  if (isPassing(error)) return false;
  throw error;
}

function chosen(all: readonly Trouble[], choose: KillRunOptions["choose"] = () => true): readonly Trouble[] {
  const some = all.filter(choose);
  if (some.length > 0) return some;
  throw new Error(`no trouble is called so; there are: ${all.map(({ name }) => name).join(", ")}`);
}

function nameOf(fleet: number): string {
  return String.fromCharCode("A".charCodeAt(0) + fleet);
}

function told({ isIn, reached, watchers, mostOut, out }: Recovery): string {
  const seconds = (one: number | undefined): string => (one === undefined ? "never" : `${one.toFixed(1)} s`);
  const watching = [...watchers].map(([name, one]) => `${name} ${seconds(one)}`);
  const missed = isIn === undefined ? `, such as ${out.join(", ")}` : "";
  return `${mostOut} out at most, in ${seconds(isIn)}${missed}, reached ${seconds(reached)}; ${watching.join(", ")}`;
}

/** Asks until there is an answer. Rejects with the signal's reason. */
async function again<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error)) throw error;
      signal?.throwIfAborted();
      await delay(AGAIN_MS);
    }
  }
}
