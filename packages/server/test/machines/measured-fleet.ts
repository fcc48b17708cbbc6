import { inParallel } from "@heliograph/testkit";
import type { DeviceKey } from "@heliograph/protocol";
import { fleetKey, type FleetSettings } from "./fleet-device.ts";
import type { Machines } from "./machines.ts";
import { RunningFleet } from "./running-fleet.ts";

/** How many devices there are, what they are called, and what they are. */
export type FleetWishes = Pick<FleetSettings, "name" | "devices" | "classicEvery" | "informSeconds">;

export interface FleetStart extends FleetWishes, Pick<FleetSettings, "ledger"> {
  /** Is told now and then how many have come. */
  readonly tell?: (line: string) => void;
}

const TELL_MS = 10_000;

/** Devices of machines that all run here, in a process of their own. */
export async function startFleet(
  machines: Machines,
  { ledger, tell, ...wishes }: FleetStart,
): Promise<RunningFleet> {
  const fleet = new RunningFleet();
  const doors = { cwmp: machines.doors("cwmp"), light: machines.doors("light") };
  const telling = setInterval(() => {
    void fleet.report(Date.now()).then(({ isIn }) => tell?.(`${isIn} of ${wishes.devices} are in`));
  }, TELL_MS);
  try {
    await fleet.start({ ...wishes, ...doors, host: "127.0.0.1", retrySeconds: 5, ledger });
  } finally {
    clearInterval(telling);
  }
  return fleet;
}

export function keysOf({ name, devices }: Pick<FleetWishes, "name" | "devices">): readonly DeviceKey[] {
  return Array.from({ length: devices }, (_, index) => fleetKey(name, index));
}

interface Calls {
  readonly keys: readonly string[];
  readonly atOnce: number;
}

/** Has each of them answer a call, so many at once. Throws where one does not. */
export async function callEach(machines: Machines, calls: Calls): Promise<void> {
  const [first] = await unanswered(machines, calls);
  if (first !== undefined) throw new Error(first);
}

/** Calls each of them, so many at once; gives what became of the calls that were not answered. */
export async function unanswered(machines: Machines, { keys, atOnce }: Calls): Promise<readonly string[]> {
  const { operations } = machines.client();
  const params = { ParameterNames: ["Device.DeviceInfo.SoftwareVersion"] };
  const failed: string[] = [];
  await inParallel(keys, atOnce, async (key) => {
    try {
      const { state } = await operations.create(key, { method: "GetParameterValues", params, wait: 30 });
      if (state !== "done") failed.push(`an operation of ${key} is ${state}`);
    } catch (error) {
      failed.push(`${key}: ${String(error)}`);
    }
  });
  return failed;
}
