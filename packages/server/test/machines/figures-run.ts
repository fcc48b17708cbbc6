import { setTimeout as delay } from "node:timers/promises";
import { tempDir } from "@heliograph/testkit";
import { Machines } from "./machines.ts";
import { callEach, keysOf, startFleet } from "./measured-fleet.ts";
import { cpuOf, spent, type Spent } from "./meter.ts";
import { textTable } from "./text-table.ts";

export interface MeasureOptions {
  readonly devices: number;
  readonly tell: (line: string) => void;
}

/** What something cost, and how often it was done meanwhile. */
interface Cost {
  readonly what: string;
  readonly times: number;
  readonly spent: Spent;
}

const ROLES = ["cwmp", "light", "engine", "api", "nats", "postgres"] as const;
const REST_MS = 15_000;
const HEARTBEATS_MS = 20_000;
const HEARTBEAT_SECONDS = 5;
const HOUR_SECONDS = 3_600;
const LIGHT_AT_ONCE = 10;
/** Each of these takes a connection request. */
const CLASSIC_AT_ONCE = 4;
const ROUNDS = 3;

/** What each thing that a device does costs each process, the bus and the store, for who has to know how many of them it takes. */
export async function figuresText({ devices, tell }: MeasureOptions): Promise<string> {
  const topology = { cwmp: 1, light: 1, engine: 1, api: 1 };
  await using machines = await Machines.start({ topology, apart: false });
  const idle = await spent(machines, () => delay(REST_MS));
  const costs: Cost[] = [{ what: "nothing, a second", times: REST_MS / 1_000, spent: idle }];
  for (const kind of ["light", "classic"] as const) {
    costs.push(...(await costsOf(machines, kind, { devices, tell })));
  }
  const head = [
    "for one",
    ...ROLES.map((role) => `${role} ms`),
    "bus messages",
    "bus bytes",
    "rows",
    "WAL bytes",
  ];
  return [
    `${devices} devices of each kind; CPU is that of all threads of a process, bus messages and bytes are those that NATS took in and gave out`,
    textTable([head, ...costs.map((cost) => row(cost, idle))]),
  ].join("\n\n");
}

async function costsOf(
  machines: Machines,
  kind: "light" | "classic",
  { devices, tell }: MeasureOptions,
): Promise<readonly Cost[]> {
  using folder = tempDir();
  const fleetOf = { devices, classicEvery: kind === "light" ? 0 : 1, ledger: folder.file("ledger") };
  const costs: Cost[] = [];
  const add = (what: string, times: number, all: Spent): void => {
    costs.push({ what: `${kind} ${what}`, times, spent: all });
    tell(`${kind} ${what}: ${times} in ${all.seconds.toFixed(1)} s`);
  };
  {
    await using resources = new AsyncDisposableStack();
    const name = `${kind}Rest`;
    const coming = async (): Promise<void> => {
      resources.use(await startFleet(machines, { ...fleetOf, name, informSeconds: HOUR_SECONDS }));
    };
    add("device that comes for the first time", devices, await spent(machines, coming));
    await delay(REST_MS);
    add(
      "device that rests, a second",
      devices * (REST_MS / 1_000),
      await spent(machines, () => delay(REST_MS)),
    );
    const rounds = kind === "light" ? ROUNDS : 1;
    const keys = Array.from({ length: rounds }, () => keysOf({ name, devices })).flat();
    const atOnce = kind === "light" ? LIGHT_AT_ONCE : CLASSIC_AT_ONCE;
    add("operation", keys.length, await spent(machines, () => callEach(machines, { keys, atOnce })));
  }
  await using fleet = await startFleet(machines, {
    ...{ ...fleetOf, name: `${kind}Beat`, informSeconds: HEARTBEAT_SECONDS },
  });
  await delay(REST_MS);
  const before = (await fleet.report(Date.now())).informs;
  const beating = await spent(machines, () => delay(HEARTBEATS_MS));
  add("heartbeat", (await fleet.report(Date.now())).informs - before, beating);
  return costs;
}

/** What the machines spend on themselves meanwhile is taken off. */
function row({ what, times, spent: all }: Cost, idle: Spent): readonly (string | number)[] {
  const own = all === idle ? 0 : all.seconds / idle.seconds;
  const each = (total: number, resting: number): number => (total - own * resting) / times;
  const { bus, store } = all;
  return [
    what,
    ...ROLES.map((role) => each(cpuOf(all, role), cpuOf(idle, role))),
    each(bus.inMessages + bus.outMessages, idle.bus.inMessages + idle.bus.outMessages),
    each(bus.inBytes + bus.outBytes, idle.bus.inBytes + idle.bus.outBytes),
    each(store.rows, idle.store.rows),
    each(store.walBytes, idle.store.walBytes),
  ];
}
