import type { DeviceKey } from "@heliograph/protocol";
import type { Clock, DeviceRecord, EngineId, Store } from "../ports/index.ts";
import { isWanted } from "./credentials.ts";
import type { DeviceState, LightConnection } from "./state.ts";

/** What a device that says nothing of itself takes [LIGHT 3]. */
const LEAST = { maxInFlight: 1, replayWindow: 0 } as const;
/** Whose connections these are, and how long an answer to a call may take. */
export interface Ownership {
  readonly engine: EngineId;
  readonly owedMs: number;
}

/** What the store knows of a device: the work that waits, and a light connection that this engine owns. */
export async function loadDevice(
  key: DeviceKey,
  ownership: Ownership,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): Promise<DeviceState | undefined> {
  const device = await store.device(key);
  if (device === undefined) return undefined;
  const connection = lightConnection(device, ownership);
  const queue = await store.openOperations(key);
  const isOwed = connection !== undefined && queue.some((operation) => operation.claim !== undefined);
  return {
    key,
    queue,
    out: [],
    wake: device.wake,
    attaches: device.light !== undefined && !device.light.lapsed,
    ...(connection === undefined ? {} : { connection }),
    ...(device.strain === undefined ? {} : { strain: device.strain }),
    ...(isOwed ? { owedUntil: clock.now() + ownership.owedMs } : {}),
  };
}

function lightConnection(device: DeviceRecord, { engine, owedMs }: Ownership): LightConnection | undefined {
  const { connection, generation } = device;
  const isOurs =
    connection?.transport === "light" && connection.closed !== true && connection.engine === engine;
  if (!isOurs) return undefined;
  return {
    transport: "light",
    id: connection.id,
    generation,
    gateway: connection.gateway,
    owedMs,
    credentials: isWanted(device) ? "wanted" : "settled",
    limits: LEAST,
  };
}
