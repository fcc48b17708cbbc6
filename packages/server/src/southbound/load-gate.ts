import type { Clock, Log, Random } from "../ports/index.ts";
import { boundedLog } from "./bounded-log.ts";
import { decideLoad, defaultLoadBounds, LATE_MS, retryAfterSeconds } from "./load.ts";
import type { Load, LoadBounds, LoadState, LoopSample, Verdict } from "./load.ts";
import { Returns } from "./returns.ts";

/** The event loop of this process. */
export interface EventLoop {
  /** How it kept up since it was asked before; since its start, the first time. */
  sample(): LoopSample;
}

export interface LoadPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly eventLoop: EventLoop;
}

/** How the gate stands, and whom it has judged since it was made. */
export interface LoadFigures {
  readonly opening: number;
  readonly isRefusing: boolean;
  readonly admitted: number;
  readonly refused: number;
}

/** A shorter stretch says little: one long turn of the loop is no overload. */
const SAMPLE_MS = 1_000;
const AT_REST: LoopSample = { lagMs: 0, utilization: 0 };

/** Where all newcomers of a process pass, whichever gateway they come to; it knows how many are still on their way in. */
export class LoadGate {
  readonly #ports: LoadPorts;
  readonly #bounds: LoadBounds;
  readonly #log: Log;
  /** When each of those on their way in came, in that order. */
  readonly #opening = new Set<{ readonly since: number }>();
  readonly #returns: Returns;
  #state: LoadState = { name: "taking" };
  #loop = AT_REST;
  #sampledAt: number;
  #refused = 0;
  readonly #judged = { admit: 0, refuse: 0 };

  constructor(ports: LoadPorts, bounds: Partial<LoadBounds> = {}) {
    this.#ports = ports;
    this.#bounds = { ...defaultLoadBounds, ...bounds };
    this.#log = boundedLog(ports.log, ports.clock);
    this.#returns = new Returns(ports.clock);
    this.#sampledAt = ports.clock.now();
  }

  /** Looked at anew, as the last newcomer may have come long ago. */
  get figures(): LoadFigures {
    this.#decide();
    const { admit: admitted, refuse: refused } = this.#judged;
    return { opening: this.#opening.size, isRefusing: this.#state.name === "refusing", admitted, refused };
  }

  /** Whether somebody who is at the door now is let in. */
  judge(): Verdict {
    const state = this.#decide();
    if (state.name === "taking") {
      this.#judged.admit += 1;
      return { type: "admit" };
    }
    this.#refused += 1;
    this.#judged.refuse += 1;
    const { clock, random } = this.#ports;
    const sentAway = {
      refusingForMs: clock.now() - state.since,
      spreadSeconds: this.sendAway(),
      chance: random.fraction(),
    };
    return { type: "refuse", retryAfterSeconds: retryAfterSeconds(sentAway) };
  }

  /** Somebody is sent away, for whatever reason: it is to come back after a random part of so many seconds. */
  sendAway(): number {
    return this.#returns.next();
  }

  /** Counts somebody as on the way in until that is settled, and gives it back. */
  during<T>(opening: Promise<T>): Promise<T> {
    const entry = { since: this.#ports.clock.now() };
    this.#opening.add(entry);
    const over = (): void => {
      this.#opening.delete(entry);
    };
    opening.then(over, over);
    return opening;
  }

  /** Looks at how the ACS keeps up; notes whether the door shut or opened. */
  #decide(): LoadState {
    const now = this.#ports.clock.now();
    const load = this.#load(now);
    const before = this.#state;
    this.#state = decideLoad(before, { load, now }, this.#bounds);
    if (before.name !== this.#state.name) this.#writeDown(this.#state, load);
    return this.#state;
  }

  #load(now: number): Load {
    // Also where the clock jumped back.
    if (Math.abs(now - this.#sampledAt) >= SAMPLE_MS) {
      this.#loop = this.#ports.eventLoop.sample();
      this.#sampledAt = now;
    }
    return { opening: this.#opening.size, late: this.#late(now), loop: this.#loop };
  }

  /** Counted no further than it counts. */
  #late(now: number): number {
    let late = 0;
    for (const { since } of this.#opening) {
      if (now - since < LATE_MS || late >= this.#bounds.maxLate) break;
      late += 1;
    }
    return late;
  }

  /** Once for each time the door shuts or opens: however many stand before it. */
  #writeDown({ name }: LoadState, { opening, late, loop }: Load): void {
    const fields = { opening, late, lagMs: Math.round(loop.lagMs) };
    if (name === "refusing") {
      this.#log.warn("overloaded", fields);
      return;
    }
    this.#log.info("overload-over", { ...fields, refused: this.#refused });
    this.#refused = 0;
  }
}
