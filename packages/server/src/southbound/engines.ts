import { watchEngines } from "../ports/index.ts";
import type { Bus, Clock, EngineId, EngineWatch } from "../ports/index.ts";

/** What somebody who holds connections is told of the engines that own them. */
export interface EngineListener {
  /** Its connections need another; there are others. */
  onGone(engine: EngineId): void;
  /** There is no engine any more, as far as is heard here: it may be us who are cut off. */
  onStranded(): void;
  /** There are engines again, or we were away so long that they may have given us up: none need know our connections. */
  onReturned(): void;
}

/** The engines there are, as the gateways of this process hear of them. */
export class Engines {
  readonly #watch: EngineWatch;
  readonly #listeners = new Set<EngineListener>();
  #isStranded = false;

  /** Whether an engine may be gone while we go on: it has a process of its own, or another one may own our connections. */
  readonly mayFail: boolean;

  constructor(ports: { readonly bus: Bus; readonly clock: Clock }, { mayFail = true } = {}) {
    this.mayFail = mayFail;
    this.#watch = watchEngines(ports, {
      joined: () => {
        if (!this.#isStranded) return;
        this.#isStranded = false;
        this.#tell((listener) => listener.onReturned());
      },
      left: (engine) => {
        this.#left(engine);
      },
      stoodStill: () => {
        if (!this.#isStranded) this.#tell((listener) => listener.onReturned());
      },
    });
  }

  /** Whether there were engines, and are none any more. */
  get isStranded(): boolean {
    return this.#isStranded;
  }

  /** As {@link EngineWatch.isGone} says. */
  isGone(engine: EngineId): boolean {
    return this.#watch.isGone(engine);
  }

  listen(listener: EngineListener): { unsubscribe(): void } {
    this.#listeners.add(listener);
    return { unsubscribe: () => this.#listeners.delete(listener) };
  }

  close(): void {
    this.#watch.unsubscribe();
  }

  #left(engine: EngineId): void {
    if (this.#watch.living().length > 0) this.#tell((listener) => listener.onGone(engine));
    else if (!this.#isStranded) {
      this.#isStranded = true;
      this.#tell((listener) => listener.onStranded());
    }
  }

  #tell(tell: (listener: EngineListener) => void): void {
    for (const listener of this.#listeners) tell(listener);
  }
}
