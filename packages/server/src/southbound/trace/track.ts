import type { Clock, NewTracedMessage, SeenMessage, Timer, TraceWriter } from "../../ports/index.ts";
import { redactSeen } from "./redact-seen.ts";
import type { SeenBounds } from "./redact-seen.ts";

export interface TracerBounds extends SeenBounds {
  /** What may wait to be kept, of one device. */
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  /** What is read and written in one turn, after which everybody else has theirs. */
  readonly turnMessages: number;
  readonly turnChars: number;
  readonly pauseMs: number;
}

export const defaultTracerBounds: TracerBounds = {
  maxHeadChars: 8 * 1024,
  maxBodyChars: 64 * 1024,
  maxWaiting: 500,
  maxWaitingBytes: 4 * 1024 * 1024,
  turnMessages: 50,
  turnChars: 64 * 1024,
  pauseMs: 20,
};

export interface TrackMeans {
  readonly clock: Clock;
  readonly bounds: TracerBounds;
  readonly write: (messages: readonly NewTracedMessage[]) => Promise<boolean>;
  readonly leftMs: number;
  readonly onEnd: () => void;
}

/** What waits of one device that is traced. */
export class Track implements TraceWriter {
  readonly #means: TrackMeans;
  #end: Timer;
  #waiting: SeenMessage[] = [];
  #waitingBytes = 0;
  #missed = 0;
  #isStopped = false;
  #hurry: (() => void) | undefined;
  #isWriting = false;
  /** Messages that were taken so far, and those of them that are kept, or could not be. */
  #taken = 0;
  #written = 0;
  #waiters: { readonly taken: number; readonly resolve: () => void }[] = [];

  constructor(means: TrackMeans) {
    this.#means = means;
    this.#end = means.clock.after(means.leftMs, means.onEnd);
  }

  endAfter(leftMs: number): void {
    this.#end.cancel();
    this.#end = this.#means.clock.after(leftMs, this.#means.onEnd);
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  add(seen: SeenMessage): void {
    if (this.#isStopped) return;
    const { maxWaiting, maxWaitingBytes } = this.#means.bounds;
    const bytes = seen.body?.bytes ?? 0;
    const isTooMuch = this.#waiting.length > 0 && this.#waitingBytes + bytes > maxWaitingBytes;
    if (this.#waiting.length >= maxWaiting || isTooMuch) {
      this.#missed += 1;
      return;
    }
    this.#noteMissed();
    this.#push(seen);
    this.#waitingBytes += bytes;
    if (this.#isWriting) return;
    this.#isWriting = true;
    void this.#write();
  }

  /** Takes no more, and keeps what waits at once. */
  stop(): void {
    this.#isStopped = true;
    this.#end.cancel();
    this.#hurry?.();
  }

  /** Resolves once what was taken until now is kept, or cannot be. */
  settled(): Promise<void> {
    if (!this.#isWriting) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#waiters.push({
      taken: this.#taken + Math.min(1, this.#missed),
      resolve: () => {
        resolve(undefined);
      },
    });
    return promise;
  }

  /** A little later, and then turn by turn: whoever is traced waits for nothing, nor does anybody else. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#pause();
      const messages = this.#takeTurn();
      if (!(await this.#means.write(messages))) this.#missed += messages.length;
      else if (this.#waiting.length === 0) this.#noteMissed();
      this.#written += messages.length;
      this.#tellWaiters(this.#written);
    }
    this.#isWriting = false;
    this.#tellWaiters(Infinity);
  }

  #tellWaiters(written: number): void {
    const due = this.#waiters.filter(({ taken }) => taken <= written);
    this.#waiters = this.#waiters.filter((waiter) => !due.includes(waiter));
    for (const { resolve } of due) resolve();
  }

  async #pause(): Promise<void> {
    if (this.#isStopped) return;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const over = (): void => {
      resolve(undefined);
    };
    this.#hurry = over;
    this.#means.clock.after(this.#means.bounds.pauseMs, over);
    await promise;
  }

  #takeTurn(): readonly NewTracedMessage[] {
    const { bounds } = this.#means;
    const messages: NewTracedMessage[] = [];
    let chars = 0;
    for (const seen of this.#waiting) {
      if (messages.length >= bounds.turnMessages || chars >= bounds.turnChars) break;
      messages.push(redactSeen(seen, bounds));
      chars += Math.min(seen.body?.text.length ?? 0, bounds.maxBodyChars);
    }
    for (const { body } of this.#waiting.splice(0, messages.length)) this.#waitingBytes -= body?.bytes ?? 0;
    return messages;
  }

  /** Where they would have stood. */
  #noteMissed(): void {
    if (this.#missed === 0) return;
    const what = this.#missed === 1 ? "a message is" : `${this.#missed} messages are`;
    const note = `${what} missing here: they came too fast, or the disk did not take them`;
    this.#missed = 0;
    this.#push({ at: this.#means.clock.now(), direction: "noted", note });
  }

  #push(seen: SeenMessage): void {
    this.#waiting.push(seen);
    this.#taken += 1;
  }
}
