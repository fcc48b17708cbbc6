import { inParallel } from "@heliograph/testkit";
import { setTimeout as delay } from "node:timers/promises";
import type { Load } from "./load.ts";
import type { RunningFleet } from "./running-fleet.ts";
import { spreadOf, type Spread } from "./spread.ts";
import { busyBetween, busyNow } from "./usage.ts";
import type { Watcher } from "./watchers.ts";

/** Who has to recover. */
export interface Watched {
  readonly fleets: readonly RunningFleet[];
  readonly devices: number;
  readonly watchers: readonly Watcher[];
  readonly load: Load;
  /** The devices that are asked whether they are there. */
  readonly probed: readonly string[];
  /** Once it is aborted nobody is waited for any more. */
  readonly signal: AbortSignal;
}

/** How long it took, in seconds; undefined where it did not come about in time. */
export type Seconds = number | undefined;

export interface Recovery {
  readonly trouble: string;
  /** The most devices that were seen out at once. */
  readonly mostOut: number;
  /** Until all devices were in. */
  readonly isIn: Seconds;
  /** Until each of the probed ones, all of them being in, had answered. */
  readonly reached: Seconds;
  /** Seconds that each device was out which came back, those among them that were asked to restart meanwhile. */
  readonly outages: Spread;
  /** Seconds until each of the probed ones had answered that did. */
  readonly answers: Spread;
  /** How much of the machine's cores was busy meanwhile; 1 is all of it. */
  readonly busy: number;
  /** By the watcher's name: until it was told of something that is newer than the end of the trouble. */
  readonly watchers: ReadonlyMap<string, Seconds>;
  /** Devices that were not in when it was given up. */
  readonly out: readonly string[];
}

const LOOK_MS = 250;
const PROBES_AT_ONCE = 30;
/** So long is waited for what should take a minute: to tell how late it is. */
const GIVE_UP_MS = 120_000;

/** Whether all came about within a minute. */
export function isGood({ isIn, reached, watchers }: Recovery, mostSeconds = 60): boolean {
  return [isIn, reached, ...watchers.values()].every(
    (seconds) => seconds !== undefined && seconds <= mostSeconds,
  );
}

/** Brings the trouble about, as {@link Trouble.strike} does. */
export type Strike = (answered: () => Promise<unknown>) => Promise<number>;

/** Looks at the devices while something befalls the machines, and afterwards until all have recovered. */
export async function recovery(
  watched: Watched,
  trouble: { readonly name: string; readonly strike: Strike },
): Promise<Recovery> {
  const crowd = new Crowd(watched);
  const recovering = recovered(watched, { ...trouble, crowd }).finally(() => crowd.stop());
  const [recovery] = await Promise.all([recovering, crowd.watch()]);
  return recovery;
}

async function recovered(
  watched: Watched,
  { name, strike, crowd }: { readonly name: string; readonly strike: Strike; readonly crowd: Crowd },
): Promise<Recovery> {
  const { signal } = watched;
  const [beganAt, busyAtFirst] = [Date.now(), busyNow()];
  const since = await strike(() => secondsToReach(watched, Date.now()));
  const struckAt = Date.now();
  crowd.since = struckAt;
  const watchers = Promise.all(
    watched.watchers.map(async (watcher) => {
      const isFresh = (): boolean => watcher.freshAt > struckAt;
      return [watcher.name, await secondsUntil(isFresh, { since, signal })] as const;
    }),
  );
  const isBack = (): boolean => crowd.out === 0 && crowd.lookedSince === struckAt;
  const isIn = await secondsUntil(isBack, { since, signal });
  const outages = await outagesOf(watched, beganAt);
  const { reached, answers } = await secondsToReach(watched, since);
  return {
    ...{ trouble: name, isIn, reached, watchers: new Map(await watchers), outages, answers },
    ...{ mostOut: crowd.mostOut, out: crowd.shown, busy: busyBetween(busyAtFirst, busyNow()) },
  };
}

async function outagesOf({ fleets }: Watched, since: number): Promise<Spread> {
  const outages = await Promise.all(fleets.map((fleet) => fleet.outages(since)));
  return spreadOf(outages.flat().map((ms) => ms / 1_000));
}

/** Asks each of the probed devices for a value. */
async function secondsToReach(
  { load, probed, signal: over }: Watched,
  since: number,
): Promise<Pick<Recovery, "reached" | "answers">> {
  const late = AbortSignal.timeout(Math.max(1, since + GIVE_UP_MS - Date.now()));
  const signal = AbortSignal.any([late, over]);
  const answers: number[] = [];
  try {
    await inParallel(probed, PROBES_AT_ONCE, async (device) => {
      await load.reach(device, signal);
      answers.push((Date.now() - since) / 1_000);
    });
  } catch (error) {
    if (signal.aborted) return { reached: undefined, answers: spreadOf(answers) };
    throw error;
  }
  return { reached: (Date.now() - since) / 1_000, answers: spreadOf(answers) };
}

async function secondsUntil(
  isSo: () => boolean,
  { since, signal }: { readonly since: number; readonly signal: AbortSignal },
): Promise<Seconds> {
  while (Date.now() < since + GIVE_UP_MS && !signal.aborted) {
    if (isSo()) return (Date.now() - since) / 1_000;
    await delay(LOOK_MS);
  }
  return undefined;
}

/** All devices of all fleets, as they say of themselves. */
class Crowd {
  /** From when on it counts that a device was in; now, as long as nothing is said. */
  since: number | undefined;
  readonly #watched: Watched;
  #isOver = false;
  #out = 0;
  #lookedSince = 0;
  #mostOut = 0;
  #shown: readonly string[] = [];

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  get out(): number {
    return this.#out;
  }

  get lookedSince(): number {
    return this.#lookedSince;
  }

  get mostOut(): number {
    return this.#mostOut;
  }

  get shown(): readonly string[] {
    return this.#shown;
  }

  async watch(): Promise<void> {
    while (!this.#isOver) {
      const since = this.since ?? Date.now();
      const reports = await Promise.all(this.#watched.fleets.map((fleet) => fleet.report(since)));
      this.#out = this.#watched.devices - reports.reduce((sum, { isIn }) => sum + isIn, 0);
      this.#shown = reports.flatMap(({ out }) => out);
      this.#mostOut = Math.max(this.#mostOut, this.#out);
      this.#lookedSince = since;
      await delay(LOOK_MS);
    }
  }

  stop(): void {
    this.#isOver = true;
  }
}
