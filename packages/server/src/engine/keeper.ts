import { asError, type Bus, type Clock, type Log, type Store, type Timer } from "../ports/index.ts";
import { homeOf } from "./home.ts";
import type { Ownership } from "./ownership.ts";

/** What runs, until it is closed. */
export interface Running {
  close(): void | Promise<void>;
}

/** Starts what only one engine at a time may run; it goes on from where the store says that another one came to. */
export type Loop = () => Running | Promise<Running>;

interface KeeperPorts {
  readonly bus: Bus;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

const DUTY = "keeper";
/** So long the duty is an engine's, each time that it takes it. */
const TERM_MS = 9_000;
const RENEW_MS = 3_000;
/** Who is to have it, and does not get it yet, asks at this distance. */
const ASK_MS = 1_000;
/** An engine that could not renew it in time gives up so much before its term ends: another may take it then. */
const MARGIN_MS = 2_000;

/**
 * Runs what must run once, however many engines there are: in the one that is home to the duty by what each sees of the
 * others, and that has it in the store as well, so that two who see different things do not both run it. An engine that closes
 * hands it over at once; one that is killed, when its term is over.
 */
export class Keeper {
  readonly #ownership: Ownership;
  readonly #ports: KeeperPorts;
  readonly #outlet: Loop;
  readonly #loops: Loop[] = [];
  #running: Running[] = [];
  /** One start or stop at a time, in the order they were asked for. */
  #last: Promise<void> = Promise.resolve();
  #isKept = false;
  #isClosed = false;
  #asking: Timer | undefined;
  #term: Timer | undefined;

  /** `outlet` is started first and ended last: it carries out what the others leave. */
  constructor(ownership: Ownership, ports: KeeperPorts, outlet: Loop) {
    this.#ownership = ownership;
    this.#ports = ports;
    this.#outlet = outlet;
  }

  /** Runs the loop whenever the duty is this engine's, from now on. */
  whileKeeper(loop: Loop): void {
    this.#loops.push(loop);
    void this.#soon(async () => {
      if (this.#isKept) await this.#start(loop);
    });
  }

  /** Takes the duty where it is this engine's to take; resolves when what it runs has started. */
  async start(): Promise<void> {
    await this.#look();
    await this.#last;
  }

  /** Engines came or went. */
  membersChanged(): void {
    void this.#look();
  }

  /** Ends the loops but the outlet. */
  async stop(): Promise<void> {
    this.#isClosed = true;
    this.#asking?.cancel();
    this.#term?.cancel();
    await this.#soon(() => this.#end(1));
  }

  /** Ends the outlet, too, and hands the duty over. */
  async leave(): Promise<void> {
    await this.#soon(() => this.#giveUp());
  }

  async #look(): Promise<void> {
    if (this.#isClosed) return;
    const { engine, living, isAlone } = this.#ownership;
    if (isAlone) {
      await this.#keep();
      if (!this.#isKept) this.#lookAfter(ASK_MS);
      return;
    }
    const isOurs = homeOf(DUTY, living()) === engine;
    const isTaken = isOurs && (await this.#take());
    if (!isOurs && this.#isKept) await this.#soon(() => this.#giveUp());
    this.#lookAfter(isTaken || !isOurs ? RENEW_MS : ASK_MS);
  }

  #lookAfter(delayMs: number): void {
    if (this.#isClosed) return;
    this.#asking?.cancel();
    this.#asking = this.#ports.clock.after(delayMs, () => void this.#look());
  }

  /** Whether the duty is this engine's for another term. */
  async #take(): Promise<boolean> {
    const { store, clock, log } = this.#ports;
    const { engine } = this.#ownership;
    const [at, began] = [clock.now(), clock.elapsed()];
    const change = { name: DUTY, engine, at, until: at + TERM_MS };
    try {
      const { held } = await store.commit("take-duty", change);
      if (this.#isClosed) return held;
      if (held) {
        this.#endAfter(began + TERM_MS - MARGIN_MS - clock.elapsed());
        await this.#keep();
      } else if (this.#isKept) {
        await this.#soon(() => this.#endAll());
      }
      return held;
    } catch (error) {
      log.warn("what only one engine may do could not be taken over", { error: asError(error) });
      return false;
    }
  }

  /** Whoever stood still, or has lost the store, stops before another may begin. */
  #endAfter(delayMs: number): void {
    this.#term?.cancel();
    this.#term = this.#ports.clock.after(delayMs, () => {
      void this.#soon(() => this.#endAll());
    });
  }

  #keep(): Promise<void> {
    return this.#soon(async () => {
      if (this.#isKept || this.#isClosed) return;
      this.#isKept = true;
      for (const loop of [this.#outlet, ...this.#loops]) await this.#start(loop);
    });
  }

  async #start(loop: Loop): Promise<void> {
    try {
      this.#running.push(await loop());
    } catch (error) {
      this.#ports.log.error("what only one engine runs could not be started", { error: asError(error) });
      this.#isKept = false;
      await this.#end(0);
    }
  }

  async #giveUp(): Promise<void> {
    const wasKept = this.#isKept;
    await this.#endAll();
    const { engine, isAlone } = this.#ownership;
    if (isAlone || !wasKept) return;
    await this.#ports.store.commit("leave-duty", { name: DUTY, engine }).catch((error: unknown) => {
      this.#ports.log.warn("what only one engine may do is handed over late", { error: asError(error) });
    });
  }

  async #endAll(): Promise<void> {
    this.#isKept = false;
    this.#term?.cancel();
    await this.#end(0);
  }

  /** Ends what was started last first, until so many run. */
  async #end(left: number): Promise<void> {
    const ended = this.#running.splice(left).reverse();
    for (const running of ended) await running.close();
  }

  #soon(act: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(act).catch((error: unknown) => {
      this.#ports.log.error("what only one engine runs could not be ended", { error: asError(error) });
    });
    return this.#last;
  }
}
