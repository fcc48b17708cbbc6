import { setTimeout as delay } from "node:timers/promises";
import type { Machines } from "./machines.ts";
import { OUTSIDE } from "./network.ts";

/** Something that befalls the machines. */
export interface Trouble {
  readonly name: string;
  /**
   * Brings it about, and undoes it; gives from when on the machines have to recover. `answered` resolves once the devices
   * that are asked have answered, whatever the trouble.
   */
  readonly strike: (machines: Machines, answered: () => Promise<unknown>) => Promise<number>;
}

/** How long what was killed stays away, and how long a line is cut. */
export interface Lengths {
  readonly downMs: number;
  readonly cutMs: number;
}

/** So long a process may take to be ready on a machine that has much else to do. */
const READY_MS = 60_000;

/** A process of the ACS is killed, and started again a while later. The others have to recover without it. */
export function killPart(name: string, { downMs }: Lengths): Trouble {
  return {
    name: `kill -9 ${name}`,
    strike: async (machines) => {
      const { process } = machines.part(name);
      const since = Date.now();
      await process.kill();
      await delay(downMs);
      process.start();
      await process.ready(READY_MS);
      return since;
    },
  };
}

export function killNats({ downMs }: Lengths): Trouble {
  return {
    name: "kill -9 nats-server",
    strike: async ({ nats }) => {
      await nats.kill();
      await delay(downMs);
      const since = Date.now();
      await nats.startAgain();
      return since;
    },
  };
}

export function killPostgres({ downMs }: Lengths): Trouble {
  return {
    name: "kill -9 postgres",
    strike: async ({ postgres }) => {
      await postgres.kill();
      await delay(downMs);
      const since = Date.now();
      await postgres.startAgain();
      return since;
    },
  };
}

/** The line between two machines loses everything for a while. */
export function cutLine([one, other]: readonly [string, string], { cutMs }: Lengths): Trouble {
  return {
    name: `cut ${one} | ${other}`,
    strike: async ({ network }) => {
      network.cut(one, other);
      await delay(cutMs);
      network.mend(one, other);
      return Date.now();
    },
  };
}

/** An engine is stopped until others have taken over its devices, and goes on as if it still had them. */
export function pauseEngine(name: string): Trouble {
  return {
    name: `pause ${name}`,
    strike: async (machines, answered) => {
      const { process } = machines.part(name);
      process.pause();
      await answered();
      process.resume();
      return Date.now();
    },
  };
}

/** A kill of one process of each role, of NATS and of PostgreSQL, and where lines can be cut, a cut of each kind of line. */
export function everyTrouble(
  { parts }: Machines,
  { lengths, cuts }: { readonly lengths: Lengths; readonly cuts: boolean },
): readonly Trouble[] {
  const ones = parts.filter(({ name }) => name.endsWith("-1"));
  const kills = [
    ...ones.map(({ name }) => killPart(name, lengths)),
    killNats(lengths),
    killPostgres(lengths),
  ];
  const engines = ones.filter(({ role }) => role === "engine");
  const pauses = engines.map(({ name }) => pauseEngine(name));
  if (!cuts) return [...kills, ...pauses];
  const devices = ones.filter(({ role }) => role !== "engine" && role !== "api");
  const lines = [
    ...ones.flatMap(({ name }) => [cutLine([name, "nats"], lengths), cutLine([name, "postgres"], lengths)]),
    ...devices.map(({ name }) => cutLine([OUTSIDE, name], lengths)),
  ];
  return [...kills, ...pauses, ...lines];
}
