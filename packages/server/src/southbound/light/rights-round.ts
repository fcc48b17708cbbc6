import { asError } from "../../ports/index.ts";
import type { Clock, Log, Store, Timer } from "../../ports/index.ts";
import { barred } from "./closing.ts";
import type { Connections } from "./connections.ts";
import type { Link } from "./link.ts";
import { Paced } from "./paced.ts";
import { announceAgain } from "./handover.ts";
import { barOf, isEstranged, isLeft } from "./standing.ts";

export interface RightsMeans {
  readonly store: Pick<Store, "device">;
  readonly clock: Clock;
  readonly log: Log;
  readonly connections: Pick<Connections, "all">;
}

const EVERY_MS = 1_000;
/** All are looked at in so many looks, unless they are too many. */
const LOOKS = 10;
const MOST_A_LOOK = 200;
/** Devices that cannot be looked up for so long are sent away. */
const BLIND_MS = 60_000;

/**
 * Looks up in the store how connected devices stand, one after the other, round and round: whoever says that one lost its
 * rights, or is given up by its engine, may not be heard. Without the store for long, they are sent away.
 */
export class RightsRound {
  readonly #means: RightsMeans;
  readonly #paced = new Paced<Link>((link) => this.#check(link));
  readonly #estranged = new Paced<Link>(announceAgain);
  #left: readonly Link[] = [];
  #timer: Timer | undefined;
  #blindSince: number | undefined;

  constructor(means: RightsMeans) {
    this.#means = means;
  }

  start(): void {
    this.#timer = this.#means.clock.after(EVERY_MS, () => {
      this.start();
      this.#look();
    });
  }

  /** Looks at all of them, as soon as the store answers. */
  lookAtAll(): void {
    this.#left = [];
    this.#paced.take(this.#means.connections.all);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#paced.stop();
    this.#estranged.stop();
  }

  #look(): void {
    const { all } = this.#means.connections;
    if (this.#left.length === 0) this.#left = all;
    const share = Math.min(Math.ceil(all.length / LOOKS), MOST_A_LOOK);
    this.#paced.take(this.#left.slice(0, share));
    this.#left = this.#left.slice(share);
  }

  async #check(link: Link): Promise<void> {
    const { store, clock, log } = this.#means;
    const { device, credentialVersion, connection, generation } = link.owner;
    const owned = { connection, generation };
    try {
      const row = await store.device(device);
      const bar = barOf(row, credentialVersion);
      this.#blindSince = undefined;
      if (bar !== undefined) link.close(barred[bar]);
      else if (isEstranged(row, owned)) this.#estranged.take([link]);
      else if (isLeft(row, owned)) link.sendAway();
    } catch (error) {
      this.#blindSince ??= clock.elapsed();
      if (clock.elapsed() - this.#blindSince < BLIND_MS) return;
      log.warn("a device cannot be looked up, and is sent away", { device, error: asError(error) });
      link.sendAway();
    }
  }
}
