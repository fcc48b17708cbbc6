import type { HeartBeatPlan } from "@heliograph/protocol";
import type { Clock, Timer } from "../ports/index.ts";

export interface HeartBeatMeans {
  /** Gives a sign of life. */
  readonly beat: () => void;
  /** The other side left its own out. */
  readonly onSilent: () => void;
}

/** The signs of life that two sides have agreed on [STOMP 1.2 Heart-beating]. */
export class HeartBeats {
  /** Whether each side hears the other. */
  readonly areMutual: boolean;
  readonly #clock: Clock;
  readonly #plan: HeartBeatPlan;
  readonly #means: HeartBeatMeans;
  #heardAt: number;
  #sending: Timer | undefined;
  #listening: Timer | undefined;

  constructor(clock: Clock, plan: HeartBeatPlan, means: HeartBeatMeans) {
    const { sendAfterMs, deadAfterMs } = plan;
    this.areMutual = sendAfterMs !== undefined && deadAfterMs !== undefined;
    this.#clock = clock;
    this.#plan = plan;
    this.#means = means;
    this.#heardAt = clock.now();
    if (sendAfterMs !== undefined) this.#send(sendAfterMs);
    if (deadAfterMs !== undefined) this.#listen(deadAfterMs, deadAfterMs);
  }

  /** Something came. */
  heard(): void {
    if (this.#plan.deadAfterMs !== undefined) this.#heardAt = this.#clock.now();
  }

  stop(): void {
    this.#sending?.cancel();
    this.#listening?.cancel();
  }

  #send(everyMs: number): void {
    this.#sending = this.#clock.after(everyMs, () => {
      this.#send(everyMs);
      this.#means.beat();
    });
  }

  /** One timer for all that is heard: messages are many. */
  #listen(deadAfterMs: number, delayMs: number): void {
    this.#listening = this.#clock.after(delayMs, () => {
      const left = this.#heardAt + deadAfterMs - this.#clock.now();
      if (left > 0) this.#listen(deadAfterMs, left);
      else this.#means.onSilent();
    });
  }
}
