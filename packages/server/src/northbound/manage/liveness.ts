import type { HeartBeatPlan } from "@heliograph/protocol";
import type { Clock, Timer } from "../../ports/index.ts";
import { HeartBeats } from "../../stomp/heart-beats.ts";

export interface LivenessMeans {
  readonly clock: Clock;
  readonly pingMs: number;
  readonly ping: () => void;
  readonly beat: () => void;
  /** Two periods went by without a sign of life. */
  readonly onSilent: () => void;
}

/** Whether a manager is still there: by heart-beats where both sides have agreed on them, by pings where not. */
export class Liveness {
  readonly #means: LivenessMeans;
  #beats: HeartBeats | undefined;
  #pinging: Timer | undefined;
  #hasSpoken = true;

  constructor(means: LivenessMeans) {
    this.#means = means;
  }

  begin(plan: HeartBeatPlan | undefined): void {
    const { clock, beat, onSilent } = this.#means;
    if (plan !== undefined) this.#beats = new HeartBeats(clock, plan, { beat, onSilent });
    if (this.#beats?.areMutual !== true) this.#ping();
  }

  /** Any sign of life. */
  onSign(): void {
    this.#hasSpoken = true;
    this.#beats?.heard();
  }

  stop(): void {
    this.#beats?.stop();
    this.#pinging?.cancel();
  }

  #ping(): void {
    const { clock, pingMs, ping, onSilent } = this.#means;
    this.#pinging = clock.after(pingMs, () => {
      if (!this.#hasSpoken) {
        onSilent();
        return;
      }
      this.#hasSpoken = false;
      ping();
      this.#ping();
    });
  }
}
