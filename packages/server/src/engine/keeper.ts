import { asError, type Clock, type Log, type Store, type Timer } from "../ports/index.ts";
import { homeOf } from "./home.ts";
import type { Ownership } from "./ownership.ts";

/** What runs, until it is closed. */
export interface Running {
  close(): void | Promise<void>;
}

/** Starts what only one engine at a time may run; it goes on from where the store says that another one came to. */
export type Loop = () => Running | Promise<Running>;

interface KeeperPorts {
  readonly store: Pick<Store, "commit">;
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
  /** The outlet, then the others as they were named. */
  readonly #loops: Loop[];
  /** What runs of the loops: as many of the first ones as there are here. */
  readonly #started: Running[] = [];
  /** One start or end at a time, in the order they were asked for. */
  #last: Promise<void> = Promise.resolve();
  /** One question to the store at a time, and none waits for a start or an end: the term is prolonged meanwhile. */
  #asked: Promise<void> = Promise.resolve();
  /** The duty is this engine's until so much time has passed; 0 where it is not. */
  #heldUntil = 0;
  #isStopped = false;
  #isClosed = false;
  #asking: Timer | undefined;
  #term: Timer | undefined;

  /** `outlet` is started first and ended last: it carries out what the others leave. */
  constructor(ownership: Ownership, ports: KeeperPorts, outlet: Loop) {
    this.#ownership = ownership;
    this.#ports = ports;
    this.#loops = [outlet];
  }

  /** Runs the loop whenever the duty is this engine's, from now on. */
  whileKeeper(loop: Loop): void {
    this.#loops.push(loop);
    void this.#soon(() => this.#startAll());
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

  /** Ends the loops but the outlet, for which the duty is kept. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#soon(() => this.#end(1));
  }

  /** Ends the outlet, too, and hands the duty over; after {@link stop}. */
  async leave(): Promise<void> {
    await this.#soon(() => this.#giveUp());
    this.#isClosed = true;
    this.#asking?.cancel();
  }

  #look(): Promise<void> {
    return this.#inTurn(() => this.#lookNow());
  }

  async #lookNow(): Promise<void> {
    if (this.#isClosed) return;
    const { engine, living, isAlone } = this.#ownership;
    if (isAlone) {
      this.#heldUntil = Infinity;
      void this.#soon(() => this.#startAll());
      return;
    }
    const isOurs = homeOf(DUTY, living()) === engine;
    if (!isOurs && this.#isHeld()) void this.#soon(() => this.#giveUp());
    const isWanted = isOurs && !this.#isStopped;
    // What ends takes its time, and nobody else is to begin before that.
    const isTaken = (isWanted || this.#isHeld()) && (await this.#take());
    if (isWanted && isTaken) void this.#soon(() => this.#startAll());
    this.#lookAfter(isTaken || !isWanted ? RENEW_MS : ASK_MS);
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
    try {
      const { held } = await store.commit("take-duty", { name: DUTY, engine, at, until: at + TERM_MS });
      if (held) this.#holdUntil(began + TERM_MS - MARGIN_MS);
      else if (this.#heldUntil > 0) this.#lose();
      return held;
    } catch (error) {
      log.warn("what only one engine may do could not be taken over", { error: asError(error) });
      return false;
    }
  }

  /** Whoever stood still, or has lost the store, stops before another may begin. */
  #holdUntil(elapsed: number): void {
    const { clock } = this.#ports;
    this.#heldUntil = elapsed;
    this.#term?.cancel();
    this.#term = clock.after(elapsed - clock.elapsed(), () => void this.#soon(() => this.#end(0)));
  }

  #lose(): void {
    this.#heldUntil = 0;
    this.#term?.cancel();
    void this.#soon(() => this.#end(0));
  }

  #isHeld(): boolean {
    return this.#ports.clock.elapsed() < this.#heldUntil;
  }

  /** Starts what does not run yet. The duty may be another's by the time that it is this one's turn. */
  async #startAll(): Promise<void> {
    if (this.#isStopped || !this.#isHeld()) return;
    for (const loop of this.#loops.slice(this.#started.length)) {
      try {
        this.#started.push(await loop());
      } catch (error) {
        this.#ports.log.error("what only one engine runs could not be started", { error: asError(error) });
        await this.#end(0);
        this.#lookAfter(ASK_MS);
        return;
      }
    }
  }

  /** What is asked of the store while all ends is answered before the duty is left: it would be taken again otherwise. */
  async #giveUp(): Promise<void> {
    await this.#end(0);
    await this.#inTurn(() => this.#leaveDuty());
  }

  async #leaveDuty(): Promise<void> {
    const wasHeld = this.#heldUntil > 0;
    const { engine, isAlone } = this.#ownership;
    this.#heldUntil = 0;
    this.#term?.cancel();
    if (isAlone || !wasHeld) return;
    try {
      await this.#ports.store.commit("leave-duty", { name: DUTY, engine });
    } catch (error) {
      this.#ports.log.warn("what only one engine may do is handed over late", { error: asError(error) });
    }
  }

  /** Ends what was started last first, until so many run. */
  async #end(left: number): Promise<void> {
    for (const running of this.#started.splice(left).reverse()) {
      try {
        await running.close();
      } catch (error) {
        this.#ports.log.error("what only one engine runs could not be ended", { error: asError(error) });
      }
    }
  }

  #soon(act: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(act);
    return this.#last;
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    this.#asked = this.#asked.then(act);
    return this.#asked;
  }
}
