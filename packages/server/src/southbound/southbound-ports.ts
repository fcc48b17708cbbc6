import type { Bus, Clock, Log, Random, Store, Vault } from "../ports/index.ts";

/** All that the southbound side asks of the rest of the ACS. */
export interface SouthboundPorts {
  readonly bus: Bus;
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
