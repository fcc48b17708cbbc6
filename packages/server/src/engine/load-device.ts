import type { DeviceKey } from "@heliograph/protocol";
import {
  subjects,
  type Bus,
  type Clock,
  type DeviceRecord,
  type EngineId,
  type Store,
} from "../ports/index.ts";
import { isWanted } from "./credentials.ts";
import { COME_BACK } from "./come-back.ts";
import { ownerOf } from "./home.ts";
import type { Ownership } from "./ownership.ts";
import type { DeviceState, LightConnection } from "./state.ts";

/** What a device that says nothing of itself takes [LIGHT 3]. */
const LEAST = { maxInFlight: 1, replayWindow: 0 } as const;

/** A device is this engine's own, with what the store knows of it, or another's. */
export type Loaded =
  | { readonly type: "own"; readonly state: DeviceState }
  | { readonly type: "elsewhere"; readonly owner: EngineId };

interface LoadPorts {
  readonly bus: Bus;
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * What the store knows of a device: the work that waits, and a light connection that this engine owns. Where the engine that
 * owned its connection is gone, it is taken over.
 */
export async function loadDevice(
  key: DeviceKey,
  ownership: Ownership,
  ports: LoadPorts,
): Promise<Loaded | undefined> {
  const { store } = ports;
  const device = await store.device(key);
  if (device === undefined) return undefined;
  const owner = ownerOf(device, ownership.living()) ?? ownership.engine;
  if (owner !== ownership.engine) return { type: "elsewhere", owner };
  const queue = await store.openOperations(key);
  const isCalled = queue.some((operation) => operation.claim !== undefined);
  if (mustTakeOver(device, ownership, isCalled)) {
    const generation = await takeOver(device, ownership, ports);
    // Somebody was there first, and has made of the device what the store says now.
    if (generation === undefined) return loadDevice(key, ownership, ports);
    return { type: "own", state: withQueue({ ...device, generation }, queue) };
  }
  const connection = lightConnection(device, ownership);
  const state = withQueue(device, queue);
  if (connection === undefined) return { type: "own", state };
  const owed = isCalled ? { owedUntil: ports.clock.now() + ownership.owedMs } : {};
  return { type: "own", state: { ...state, connection, ...owed } };
}

function withQueue(device: DeviceRecord, queue: DeviceState["queue"]): DeviceState {
  return {
    key: device.key,
    generation: device.generation,
    queue,
    out: [],
    wake: device.wake,
    attaches: device.light !== undefined && !device.light.lapsed,
    ...(device.strain === undefined ? {} : { strain: device.strain }),
  };
}

/**
 * An engine that is gone may be one that only stood still: before anything becomes of a call that it made, it must have lost
 * its right to tell of it. A light connection of nobody's would keep the device from being called in its sessions.
 */
function mustTakeOver({ connection }: DeviceRecord, { engine }: Ownership, isCalled: boolean): boolean {
  const isAnothers = connection !== undefined && connection.closed !== true && connection.engine !== engine;
  return isAnothers && (connection.transport === "light" || isCalled);
}

/** Gives the new generation, or undefined where it was another before. A light connection is closed: whoever still holds it must begin anew, and does within a minute. */
async function takeOver(
  { key, generation, connection }: DeviceRecord,
  { engine }: Ownership,
  { bus, store, clock }: LoadPorts,
): Promise<number | undefined> {
  const data = { detail: "the engine that it was of is gone" };
  const events = [{ at: clock.now(), device: key, name: "disconnected", data }];
  const { held } = await store.commit("take-over-device", { key, engine, generation, events });
  if (!held) return undefined;
  if (connection?.transport === "light") {
    bus.publish(subjects.disconnect(connection.gateway), { connection: connection.id, ...COME_BACK });
  }
  return generation + 1;
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
