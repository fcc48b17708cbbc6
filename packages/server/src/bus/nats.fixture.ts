import { HeardLog } from "../../test/heard-log.ts";
import type { NatsServer } from "../../test/nats-server.ts";
import { systemClock } from "../main/system-clock.ts";
import type { BusEvent, Clock, RequestSubject, Subject, SubjectPattern } from "../ports/index.ts";
import type { DeviceKey } from "@heliograph/protocol";
import type { NatsAddress } from "./nats-link.ts";
import { openNatsBus, type NatsBus } from "./nats.ts";

export const DEVICE = "001122-Box-S1" as DeviceKey;
export const A = "hg.a" as Subject<number>;
export const EVERY_A = "hg.a" as SubjectPattern<number>;
export const ECHO = "hg.echo" as RequestSubject<unknown, unknown>;
export const SILENT = "hg.silent" as RequestSubject<unknown, unknown>;
export const SOON = { timeoutMs: 10_000 };

export interface Opened extends AsyncDisposable {
  readonly bus: NatsBus;
  readonly log: HeardLog;
  /** Where subscribers failed. */
  readonly errors: readonly string[];
}

export function openOn({ port }: NatsServer, clock?: Clock): Promise<Opened> {
  return openAt({ host: "127.0.0.1", port }, clock);
}

export async function openAt(address: NatsAddress, clock: Clock = systemClock): Promise<Opened> {
  const log = new HeardLog();
  const errors: string[] = [];
  const onError = (_: unknown, subject: string): void => void errors.push(subject);
  const bus = await openNatsBus({ address, clock, log, onError });
  return { bus, log, errors, [Symbol.asyncDispose]: () => bus.close() };
}

/** The server has carried out all that it was told by a connection before it answers this. */
export async function settle(bus: NatsBus): Promise<void> {
  const look = "hg.look" as RequestSubject<number, number>;
  const looking = bus.serve(look, (message) => Promise.resolve(message));
  await bus.request(look, 0, SOON);
  looking.unsubscribe();
}

export function event(id: number): BusEvent {
  return { id, at: 1_700_000_000_000 + id, device: DEVICE, name: "boot", data: {} };
}
