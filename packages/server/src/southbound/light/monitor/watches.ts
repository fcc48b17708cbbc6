import type { DeviceKey } from "@heliograph/protocol";
import { mergedWishes, subjects, WATCH_LEASE_MS } from "../../../ports/index.ts";
import type { Bus, Clock, Subscription, Timer, Watch, WatchWish } from "../../../ports/index.ts";

/** Who asks a device for what is watched of it. */
export interface Observer {
  readonly device: DeviceKey;
  /** Something else is watched of the device by now, or the same is wanted again. */
  look(): void;
}

interface Leased {
  readonly watch: Watch;
  readonly endsAt: number;
}

const MOST_DEVICES = 10_000;
/** One of each process with managers. */
const MOST_WATCHES = 32;
const SWEEP_MS = 5_000;

/**
 * What is watched of which device, also of those that are not connected here: they may come. Whoever watches says so again and
 * again, so that nothing is asked for in the name of a process that is no more.
 */
export class Watches {
  readonly #clock: Clock;
  readonly #byDevice = new Map<DeviceKey, Map<string, Leased>>();
  readonly #observers = new Map<DeviceKey, Set<Observer>>();
  readonly #subscription: Subscription;
  #timer: Timer;

  constructor({ bus, clock }: { readonly bus: Bus; readonly clock: Clock }) {
    this.#clock = clock;
    this.#subscription = bus.subscribe(subjects.everyWatch, (watch) => this.#take(watch));
    this.#timer = this.#sweepLater();
  }

  /** All that is watched of a device by now; undefined where nothing is. */
  of(device: DeviceKey): WatchWish | undefined {
    const leased = this.#byDevice.get(device);
    return leased && mergedWishes(Array.from(leased.values(), ({ watch }) => watch));
  }

  add(observer: Observer): void {
    const others = this.#observers.get(observer.device) ?? new Set();
    this.#observers.set(observer.device, others.add(observer));
  }

  remove(observer: Observer): void {
    const others = this.#observers.get(observer.device);
    others?.delete(observer);
    if (others?.size === 0) this.#observers.delete(observer.device);
  }

  close(): void {
    this.#subscription.unsubscribe();
    this.#timer.cancel();
  }

  #take(watch: Watch): void {
    const { device, id, paths } = watch;
    const leased = this.#byDevice.get(device) ?? new Map<string, Leased>();
    if (paths.length === 0) leased.delete(id);
    else if (leased.has(id) || leased.size < MOST_WATCHES) {
      leased.set(id, { watch, endsAt: this.#clock.now() + WATCH_LEASE_MS });
    }
    if (leased.size === 0) this.#byDevice.delete(device);
    else if (this.#byDevice.has(device) || this.#byDevice.size < MOST_DEVICES) {
      this.#byDevice.set(device, leased);
    }
    this.#tell(device);
  }

  #tell(device: DeviceKey): void {
    for (const observer of this.#observers.get(device) ?? []) observer.look();
  }

  #sweepLater(): Timer {
    return this.#clock.after(SWEEP_MS, () => {
      this.#sweep();
      this.#timer = this.#sweepLater();
    });
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [device, leased] of this.#byDevice) {
      const over = [...leased].filter(([, { endsAt }]) => endsAt <= now);
      for (const [id] of over) leased.delete(id);
      if (leased.size === 0) this.#byDevice.delete(device);
      if (over.length > 0) this.#tell(device);
    }
  }
}
