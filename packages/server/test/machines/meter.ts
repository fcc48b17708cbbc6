import type { Machines } from "./machines.ts";
import { cpuMs, familyOf } from "./process-figures.ts";

/** What was spent between two moments. */
export interface Spent {
  readonly seconds: number;
  /** Milliseconds of CPU by the names of the parts, `nats` and `postgres` among them. */
  readonly cpu: ReadonlyMap<string, number>;
  /** Messages and bytes that NATS took in, and gave out. */
  readonly bus: Bus;
  readonly store: Store;
}

interface Bus {
  readonly inMessages: number;
  readonly outMessages: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

interface Store {
  /** Bytes of the write-ahead log. */
  readonly walBytes: number;
  readonly commits: number;
  /** Rows inserted, updated and deleted. */
  readonly rows: number;
}

/** What the machines spend while something runs. */
export async function spent(machines: Machines, run: () => Promise<unknown>): Promise<Spent> {
  const before = await reading(machines);
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1_000;
  // PostgreSQL tells what its connections did with a delay.
  await new Promise((resolve) => setTimeout(resolve, STATISTICS_MS));
  const after = await reading(machines);
  return {
    seconds,
    cpu: new Map([...after.cpu].map(([name, ms]) => [name, ms - (before.cpu.get(name) ?? 0)])),
    bus: busBetween(before.bus, after.bus),
    store: storeBetween(before.store, after.store),
  };
}

/** Milliseconds of CPU of all parts of that role together. */
export function cpuOf({ cpu }: Spent, role: string): number {
  const parts = [...cpu].filter(([name]) => name.replace(/-\d+$/, "") === role);
  return parts.reduce((sum, [, ms]) => sum + ms, 0);
}

const STATISTICS_MS = 1_500;

interface Reading {
  readonly cpu: ReadonlyMap<string, number>;
  readonly bus: Bus;
  readonly store: Store;
}

async function reading(machines: Machines): Promise<Reading> {
  const { parts, nats, postgres } = machines;
  const cpu = new Map(parts.map(({ name, process }) => [name, cpuMs(process.pid ?? 0)]));
  cpu.set("nats", cpuMs(nats.pid ?? 0));
  cpu.set(
    "postgres",
    familyOf(postgres.pid ?? 0).reduce((sum, pid) => sum + cpuMs(pid), 0),
  );
  return { cpu, bus: await readBus(machines), store: await readStore(machines) };
}

async function readBus({ natsMonitor }: Machines): Promise<Bus> {
  const response = await fetch(`${natsMonitor}/varz`);
  const told: unknown = await response.json();
  const count = (name: string): number => {
    const value: unknown = typeof told === "object" && told !== null ? Reflect.get(told, name) : undefined;
    if (typeof value === "number") return value;
    throw new Error(`NATS does not tell its ${name}`);
  };
  return {
    inMessages: count("in_msgs"),
    outMessages: count("out_msgs"),
    inBytes: count("in_bytes"),
    outBytes: count("out_bytes"),
  };
}

async function readStore({ postgres }: Machines): Promise<Store> {
  const [row = {}] = await postgres.query(
    `SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS wal, xact_commit AS commits,
            tup_inserted + tup_updated + tup_deleted AS rows
       FROM pg_stat_database WHERE datname = current_database()`,
  );
  return { walBytes: Number(row["wal"]), commits: Number(row["commits"]), rows: Number(row["rows"]) };
}

function busBetween(before: Bus, after: Bus): Bus {
  return {
    inMessages: after.inMessages - before.inMessages,
    outMessages: after.outMessages - before.outMessages,
    inBytes: after.inBytes - before.inBytes,
    outBytes: after.outBytes - before.outBytes,
  };
}

function storeBetween(before: Store, after: Store): Store {
  return {
    walBytes: after.walBytes - before.walBytes,
    commits: after.commits - before.commits,
    rows: after.rows - before.rows,
  };
}
