import type { Clock } from "../../ports/index.ts";

/** Those who have equally long, in the order in which their time is over. */
interface Line<T> {
  readonly withinMs: number;
  /** When the time of each is over. */
  readonly waiting: Map<T, number>;
}

/** The time of somebody may be over by so much before it is told: a line is not looked at more often. */
const PAUSE_MS = 50;

/**
 * Tells of those whose time is over. All that have equally long share one timer, since nearly everybody is in time: it costs
 * no more than an entry in a map, which is taken out again.
 */
export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #onOver: (late: T) => void;
  /** Those that are looked at, which they are as long as somebody waits in them. */
  readonly #lines = new Map<number, Line<T>>();
  readonly #lineOf = new Map<T, Line<T>>();

  constructor(clock: Clock, onOver: (late: T) => void) {
    this.#clock = clock;
    this.#onOver = onOver;
  }

  /** In place of the one that was set before. */
  set(who: T, withinMs: number): void {
    const line = this.#lines.get(withinMs) ?? this.#newLine(withinMs);
    const before = this.#lineOf.get(who);
    before?.waiting.delete(who);
    if (before !== line) this.#lineOf.set(who, line);
    line.waiting.set(who, this.#clock.elapsed() + withinMs);
  }

  lift(who: T): void {
    this.#lineOf.get(who)?.waiting.delete(who);
    this.#lineOf.delete(who);
  }

  #newLine(withinMs: number): Line<T> {
    const line: Line<T> = { withinMs, waiting: new Map() };
    this.#lines.set(withinMs, line);
    this.#watch(line, withinMs);
    return line;
  }

  #watch(line: Line<T>, forMs: number): void {
    this.#clock.after(forMs, () => {
      this.#look(line);
    });
  }

  #look(line: Line<T>): void {
    const now = this.#clock.elapsed();
    for (const [who, until] of line.waiting) {
      if (until > now) {
        this.#watch(line, Math.max(until - now, PAUSE_MS));
        return;
      }
      this.lift(who);
      this.#onOver(who);
    }
    this.#lines.delete(line.withinMs);
  }
}
