import type { Clock, Timer } from "../../ports/index.ts";
import { notReading } from "./closing.ts";
import type { Connections } from "./connections.ts";
import type { LightBounds } from "./light-settings.ts";
import type { Link } from "./link.ts";

const EVERY_MS = 1_000;

/** Looks at all connections once a second, and ends those that make the process hold too much. */
export class Sweep {
  readonly #clock: Clock;
  readonly #bounds: LightBounds;
  readonly #connections: Connections;
  #timer: Timer | undefined;

  constructor(clock: Clock, bounds: LightBounds, connections: Connections) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#connections = connections;
  }

  start(): void {
    this.#timer = this.#clock.after(EVERY_MS, () => {
      this.start();
      this.#sweep();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #sweep(): void {
    const { maxAllBufferedBytes, maxAllUnfinishedBytes } = this.#bounds;
    for (const link of this.#connections.all) {
      link.checkReading(EVERY_MS);
      link.owner.forgetLanded();
    }
    this.#relieve(
      ({ transport }) => transport.buffered,
      maxAllBufferedBytes,
      (link) => link.close(notReading),
    );
    this.#relieve(
      ({ unfinished }) => unfinished,
      maxAllUnfinishedBytes,
      (link) => link.sendAway(),
    );
  }

  /** Ends the connections that hold most, until what all hold together is within the bound. */
  #relieve(heldBy: (link: Link) => number, most: number, close: (link: Link) => void): void {
    const links = this.#connections.all;
    let all = links.reduce((sum, link) => sum + heldBy(link), 0);
    if (all <= most) return;
    const heaviest = links.toSorted((one, other) => heldBy(other) - heldBy(one));
    for (const link of heaviest) {
      if (all <= most) return;
      all -= heldBy(link);
      close(link);
      link.transport.terminate();
    }
  }
}
