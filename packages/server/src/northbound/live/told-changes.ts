import { grouped, groupedValue, type DeviceKey, type ParameterValues } from "@heliograph/protocol";
import { asError, mayRead, subjects } from "../../ports/index.ts";
import type { BusEvent, LearnedParameter, Subscription, WatchWish } from "../../ports/index.ts";
import type { NorthboundPorts } from "../settings.ts";
import type { LiveSaid } from "./live-said.ts";

export interface ToldChangesParts {
  readonly ports: NorthboundPorts;
  readonly device: DeviceKey;
  /** What is watched; undefined where nothing is to be told now. */
  readonly wish: () => WatchWish | undefined;
  readonly tell: (said: LiveSaid) => void;
}

/** Tells what comes along with a `4 VALUE CHANGE` of a device: what changes between two reads of it. */
export function tellChanges({ ports, device, wish, tell }: ToldChangesParts): Subscription {
  const hear = async ({ at, data }: BusEvent): Promise<void> => {
    const watched = wish()?.paths;
    if (watched === undefined || !Array.isArray(data["parameters"])) return;
    const paths = data["parameters"].filter((path) => typeof path === "string" && mayRead(path, watched));
    const entries = await Promise.all(paths.map((path) => valueOf(String(path), { ports, device })));
    const values: ParameterValues = grouped(entries.flat());
    if (entries.flat().length > 0 && wish() !== undefined) tell({ type: "values", at, values });
  };
  return ports.bus.subscribe(subjects.valueChanges(device), (event) => {
    void hear(event).catch((error: unknown) => {
      ports.log.warn("what a device told could not be passed on", { device, error: asError(error) });
    });
  });
}

async function valueOf(
  path: string,
  { ports, device }: Pick<ToldChangesParts, "ports" | "device">,
): Promise<readonly (readonly [path: string, value: ParameterValues[string][string]])[]> {
  const known = await ports.store.parameters(device, path);
  const value = groupedValue<LearnedParameter>(known, path)?.value;
  return value === undefined ? [] : [[path, value]];
}
