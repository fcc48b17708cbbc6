import { grouped, groupedEntries } from "@heliograph/protocol";
import type { DeviceKey, ParameterValues } from "@heliograph/protocol";
import {
  asError,
  BusAwayError,
  BusClosedError,
  mayRead,
  mergedWishes,
  subjects,
  unreachable,
  WATCH_RENEWAL_MS,
} from "../../ports/index.ts";
import type { Observed, Subscription, Timer, WatchWish } from "../../ports/index.ts";
import type { NorthboundPorts } from "../settings.ts";
import { NOTHING_THERE, type LiveSaid, type LiveValues, type LiveWay } from "./live-said.ts";
import type { UnseenWay, Watcher } from "./live-said.ts";
import { PeriodicReads } from "./periodic-reads.ts";
import { tellChanges } from "./told-changes.ts";

/** Where no gateway says for so long that the device is observed, it is read. */
const PATIENCE_MS = 2_500;
/** It says so again at each renewal; two may be lost. */
const SILENCE_MS = 2.5 * WATCH_RENEWAL_MS;
/** Values for somebody who wants them less often come a little early rather than a whole interval late. */
const EARLY = 0.9;

/** What one who watches was told. */
interface Standing {
  toldAt: number;
  /** By path, why they see nothing of it. */
  readonly unseen: Map<string, string>;
}

/** All who watch one device in this process: for the device they are one, and each is told what they asked for. */
export class LiveDevice {
  readonly #ports: NorthboundPorts;
  readonly #device: DeviceKey;
  readonly #id: string;
  readonly #watchers = new Map<Watcher, Standing>();
  readonly #reads: PeriodicReads;
  readonly #subscription: Subscription;
  readonly #changes: Subscription;
  #renewal: Timer;
  #patience: Timer;
  #way: LiveWay | undefined;
  /** What was told last: whoever comes need not wait for the next. */
  #latest: LiveValues | undefined;

  constructor(ports: NorthboundPorts, device: DeviceKey) {
    this.#ports = ports;
    this.#device = device;
    this.#id = ports.random.hex(8);
    this.#reads = new PeriodicReads({
      ports,
      device,
      wish: () => this.#wish,
      tell: (said) => this.#tell(said),
      tellUnseen: (unseen) => this.#tellUnseen(unseen),
    });
    this.#subscription = ports.bus.subscribe(subjects.everyObserved(device), (observed) =>
      this.#hear(observed),
    );
    this.#changes = tellChanges({
      ports,
      device,
      wish: () => (this.#reads.isOn ? this.#wish : undefined),
      tell: (said) => this.#tell(said),
    });
    this.#renewal = this.#renewLater();
    this.#patience = this.#waitFor(PATIENCE_MS);
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  add(watcher: Watcher): void {
    const standing: Standing = { toldAt: -Infinity, unseen: new Map() };
    this.#watchers.set(watcher, standing);
    if (this.#way !== undefined) watcher.hear(this.#way);
    for (const unseen of this.#reads.unseenOf(watcher.wish.paths)) this.#tellUnseen(unseen);
    if (this.#latest !== undefined) this.#tellOne(watcher, standing, this.#latest);
    this.#announce();
  }

  remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    this.#announce();
  }

  close(): void {
    this.#subscription.unsubscribe();
    this.#changes.unsubscribe();
    this.#renewal.cancel();
    this.#patience.cancel();
    this.#reads.end();
  }

  get #wish(): WatchWish | undefined {
    return mergedWishes(Array.from(this.#watchers.keys(), ({ wish }) => wish));
  }

  #renewLater(): Timer {
    return this.#ports.clock.after(WATCH_RENEWAL_MS, () => {
      this.#announce();
      this.#renewal = this.#renewLater();
    });
  }

  #waitFor(waitMs: number): Timer {
    return this.#ports.clock.after(waitMs, () => this.#reads.begin());
  }

  /** A bus that is away loses it, and hears the next one. */
  #announce(): void {
    const { bus, log } = this.#ports;
    const wish = this.#wish ?? { paths: [], onChange: false };
    try {
      bus.publish(subjects.watch(this.#device), { ...wish, device: this.#device, id: this.#id });
    } catch (error) {
      if (!(error instanceof BusAwayError || error instanceof BusClosedError)) throw error;
      log.warn("nobody hears what is watched", { device: this.#device, error: asError(error) });
    }
  }

  #hear(observed: Observed): void {
    switch (observed.type) {
      case "observing":
        this.#observed();
        this.#tellObserving(observed);
        return;
      case "values":
        this.#observed();
        this.#tell({ type: "values", at: observed.at, values: observed.values });
        return;
      case "not-observing":
        // The device may come back at once.
        this.#patience.cancel();
        this.#patience = this.#waitFor(PATIENCE_MS);
        return;
      default:
        unreachable(observed);
    }
  }

  #observed(): void {
    this.#reads.end();
    this.#patience.cancel();
    this.#patience = this.#waitFor(SILENCE_MS);
  }

  #tellObserving({ intervalMs, asked, paths }: Extract<Observed, { readonly type: "observing" }>): void {
    const often = intervalMs === undefined ? {} : { everyMs: intervalMs };
    const way: LiveWay = { type: "way", way: "observe", ...often };
    this.#tell(way);
    for (const path of asked) {
      if (paths.some((there) => mayRead(there, [path]))) continue;
      this.#tellUnseen({ ...way, path, detail: NOTHING_THERE });
    }
  }

  #tell(said: LiveSaid): void {
    if (said.type === "way") {
      if (JSON.stringify(said) === JSON.stringify(this.#way)) return;
      this.#way = said;
      for (const watcher of this.#watchers.keys()) watcher.hear(said);
      return;
    }
    this.#latest = said;
    for (const [watcher, standing] of this.#watchers) this.#tellOne(watcher, standing, said);
  }

  #tellUnseen(way: UnseenWay): void {
    const { path, detail } = way;
    for (const [{ wish, hear }, { unseen }] of this.#watchers) {
      if (!wish.paths.includes(path) || unseen.get(path) === detail) continue;
      unseen.set(path, detail);
      hear(way);
    }
  }

  #tellOne({ wish, hear }: Watcher, standing: Standing, { at, values }: LiveValues): void {
    const { intervalMs, onChange, paths } = wish;
    const isEarly = at - standing.toldAt < EARLY * (intervalMs ?? 0);
    const wanted = within(values, paths);
    if ((isEarly && !onChange) || Object.keys(wanted).length === 0) return;
    standing.toldAt = at;
    hear({ type: "values", at, values: wanted });
  }
}

function within(values: ParameterValues, paths: readonly string[]): ParameterValues {
  return grouped(Array.from(groupedEntries(values)).filter(([path]) => mayRead(path, paths)));
}
