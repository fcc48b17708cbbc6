import type { Bus, Clock, Subscription } from "../ports/index.ts";

interface Parts {
  readonly bus: Bus;
  readonly clock: Clock;
}

/** What one engine hears of the bus and of time, until it is killed; while it stands still it hears nothing, and does later. */
export class EngineLink {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly #held: (() => void)[] = [];
  readonly #subscriptions: Subscription[] = [];
  #state: "runs" | "stands-still" | "killed" = "runs";
  /** Subjects that nothing is heard of. */
  deafTo: RegExp | undefined;

  constructor({ bus, clock }: Parts) {
    this.clock = {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      after: (delayMs, action) => {
        let isCancelled = false;
        const timer = clock.after(delayMs, () => {
          this.#do(() => {
            if (!isCancelled) action();
          });
        });
        return {
          cancel: () => {
            isCancelled = true;
            timer.cancel();
          },
        };
      },
    };
    this.bus = {
      publish: (subject, message) => {
        if (this.#state !== "killed") bus.publish(subject, message);
      },
      request: (subject, message, options) =>
        this.#state === "killed"
          ? Promise.withResolvers<never>().promise
          : bus.request(subject, message, options),
      subscribe: (pattern, handler, options) =>
        this.#keep(
          bus.subscribe(
            pattern,
            (message, subject) => {
              if (this.deafTo?.test(subject) === true) return;
              this.#do(() => {
                handler(message, subject);
              });
            },
            options,
          ),
        ),
      serve: (subject, handler, options) =>
        this.#keep(
          bus.serve(
            subject,
            (message, asked) =>
              new Promise((resolve, reject) => {
                this.#do(() => {
                  handler(message, asked).then(resolve, reject);
                });
              }),
            options,
          ),
        ),
      onReturn: (listener) => bus.onReturn(listener),
      close: () => Promise.resolve(),
    };
  }

  standStill(): void {
    this.#state = "stands-still";
  }

  goOn(): void {
    this.#state = "runs";
    for (const action of this.#held.splice(0)) action();
  }

  /** Nobody is there any more, from one moment to the next. */
  kill(): void {
    this.#state = "killed";
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #do(action: () => void): void {
    if (this.#state === "runs") action();
    if (this.#state === "stands-still") this.#held.push(action);
  }

  #keep(subscription: Subscription): Subscription {
    this.#subscriptions.push(subscription);
    return subscription;
  }
}
