import type { Bus, Clock, Log, QuirkBook, Random, Store, TraceDesk, Vault } from "../ports/index.ts";
import type { Engines } from "./engines.ts";
import type { LoadGate } from "./load-gate.ts";

/** All that the southbound side asks of the rest of the ACS. */
export interface SouthboundPorts {
  readonly bus: Bus;
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly quirks: QuirkBook;
  readonly traces: TraceDesk;
}

/** What both gateways stand on. */
export interface GatewayPorts extends SouthboundPorts {
  readonly load: LoadGate;
  readonly engines: Engines;
}
