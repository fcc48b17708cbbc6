import { readFileSync } from "node:fs";
import { memoryBus } from "../bus/memory.ts";
import { openNatsBus } from "../bus/nats.ts";
import type { NatsAddress } from "../bus/nats-link.ts";
import {
  asError,
  NobodyThereError,
  RequestTimedOutError,
  subjects,
  type Bus,
  type Clock,
  type Log,
  type Spans,
  type Store,
} from "../ports/index.ts";
import type { NatsSettings } from "./nats-url.ts";
import { SettingError, type Settings } from "./settings.ts";

/** An ACS of another store works by the same NATS account; the message says what to do. */
export class BusTakenError extends Error {
  override readonly name = "BusTakenError";
  readonly code = "E_BUS_TAKEN";
}

export interface OpenBus {
  readonly bus: Bus;
  /** The store for whoever relays its events to this bus. */
  readonly relayed: (store: Store) => Store;
}

/** How long one that ends is waited for, as when it is restarted. */
const PATIENCE_MS = 15_000;
const AGAIN_MS = 500;
const ANSWER_MS = 2_000;

export interface BusPorts {
  readonly store: Pick<Store, "identity">;
  readonly clock: Clock;
  readonly log: Log;
  readonly spans?: Spans;
}

/**
 * The bus of this process, or NATS where the settings name one. Rejects with {@link BusUnreachableError} where NATS cannot be
 * used, and with {@link BusTakenError} where an ACS of another store uses it already.
 */
export async function openBus(
  { nats, roles }: Pick<Settings, "nats" | "roles">,
  { store, clock, log, spans }: BusPorts,
): Promise<OpenBus> {
  const onError = (error: unknown, subject: string): void => {
    log.error("a subscriber failed", { subject, error: asError(error) });
  };
  if (nats === undefined) return { bus: memoryBus({ clock, onError }), relayed: (store) => store };
  const keepsEvents = roles.includes("engine");
  const bus = await openNatsBus({
    ...{ address: natsAddress(nats), clock, log, onError, keepsEvents },
    ...(spans && { spans }),
  });
  try {
    await beOfOneStore(bus, await store.identity(), clock);
  } catch (error) {
    await bus.close();
    throw error;
  }
  return { bus, relayed: (store) => withRelay(store, () => bus.kept()) };
}

/** The relay's position moves only once the bus has kept what lies before it. */
function withRelay(store: Store, kept: () => Promise<void>): Store {
  const commit = store.commit.bind(store);
  const relayed: Pick<Store, "commit"> = {
    commit: (type, change, urgency) =>
      type === "move-relay"
        ? kept().then(() => commit(type, change, urgency))
        : commit(type, change, urgency),
  };
  return Object.assign(store, relayed);
}

/** Two that share the work of one bus, and not its store, would each lose what the other takes. */
async function beOfOneStore(bus: Bus, store: string, clock: Clock): Promise<void> {
  const until = clock.elapsed() + PATIENCE_MS;
  while (await isAnotherHere(bus, store)) {
    if (clock.elapsed() >= until) {
      throw new BusTakenError(
        "an ACS of another store works by the NATS account that nats-url logs in to: stop it, or give this one an account of its own",
      );
    }
    const { promise, resolve } = Promise.withResolvers<undefined>();
    clock.after(AGAIN_MS, () => resolve(undefined));
    await promise;
  }
  bus.serve(subjects.here, () => Promise.resolve({ type: "here", store }));
}

/** Of all that are here one answers, since they are of one store. */
async function isAnotherHere(bus: Bus, store: string): Promise<boolean> {
  try {
    const here = await bus.request(subjects.here, { what: "acs" }, { timeoutMs: ANSWER_MS });
    return here.store !== store;
  } catch (error) {
    // One that keeps silent may be a machine that was lost, whose connection NATS has yet to give up.
    if (error instanceof NobodyThereError || error instanceof RequestTimedOutError) return false;
    throw error;
  }
}

function natsAddress({ tls, ...address }: NatsSettings): NatsAddress {
  if (tls === undefined) return address;
  return { ...address, tls: tls.ca === undefined ? {} : { ca: readAuthorities(tls.ca) } };
}

function readAuthorities(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new SettingError(`nats-url: the file ${path} of ca cannot be read`, { cause: error });
  }
}
