import type { DeviceKey } from "@heliograph/protocol";
import { asError } from "../../ports/index.ts";
import type {
  Clock,
  Log,
  NewTracedMessage,
  Timer,
  TracedMessage,
  TraceDesk,
  TraceKeep,
  TraceQuery,
  Traces,
  TraceState,
  TraceWriter,
} from "../../ports/index.ts";
import { boundedLog } from "../bounded-log.ts";
import { defaultTracerBounds, Track } from "./track.ts";
import type { TracerBounds } from "./track.ts";

export interface TracerMeans {
  readonly keep: TraceKeep;
  readonly clock: Clock;
  readonly log: Log;
  readonly bounds?: Partial<TracerBounds>;
}

const PRUNE_EVERY_MS = 600_000;

export interface Tracer extends Traces, TraceDesk {
  /** Forgets what is known of a device that was removed. */
  forget(device: DeviceKey): Promise<void>;
  /** Keeps what waits, and takes no more. */
  close(): Promise<void>;
}

/** Traces devices: takes what the southbound sees of them, takes the secrets out, and has the rest kept. */
export function startTracer(means: TracerMeans): Tracer {
  return new DeviceTracer(means);
}

class DeviceTracer implements Tracer {
  readonly #keep: TraceKeep;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #bounds: TracerBounds;
  readonly #tracks = new Map<DeviceKey, Track>();
  readonly #onSwitched = new Set<(device: DeviceKey) => void>();
  readonly #onChange = new Map<DeviceKey, Set<() => void>>();
  #pruning: Timer | undefined;
  #isClosed = false;

  constructor({ keep, clock, log, bounds }: TracerMeans) {
    this.#keep = keep;
    this.#clock = clock;
    this.#log = boundedLog(log, clock);
    this.#bounds = { ...defaultTracerBounds, ...bounds };
    for (const state of keep.states()) this.#follow(state);
    this.#prune();
  }

  get isOpen(): boolean {
    return this.#tracks.size > 0;
  }

  of(device: DeviceKey): TraceWriter | undefined {
    const track = this.#tracks.get(device);
    return track?.isStopped === false ? track : undefined;
  }

  state(device: DeviceKey): TraceState | undefined {
    return this.#keep.state(device);
  }

  read(device: DeviceKey, query: TraceQuery): Promise<readonly TracedMessage[]> {
    return this.#keep.read(device, query);
  }

  async settled(device: DeviceKey): Promise<void> {
    await this.#tracks.get(device)?.settled();
  }

  async switchOn(
    device: DeviceKey,
    { by, forMs }: { readonly by: string; readonly forMs: number },
  ): Promise<TraceState | undefined> {
    const now = this.#clock.now();
    const known = this.#keep.state(device);
    const since = known !== undefined && known.until > now ? known.since : now;
    const state = await this.#keep.put({ device, since, until: now + forMs, by });
    if (state !== undefined) this.#follow(state);
    return state;
  }

  async switchOff(device: DeviceKey): Promise<TraceState | undefined> {
    const known = this.#keep.state(device);
    const now = this.#clock.now();
    if (known === undefined || known.until <= now) return known;
    this.#unfollow(device);
    await this.settled(device);
    const state = await this.#keep.put({ ...known, until: now });
    this.#tell(device);
    return state;
  }

  async forget(device: DeviceKey): Promise<void> {
    this.#unfollow(device);
    await this.settled(device);
    await this.#keep.forget(device);
    this.#tell(device);
  }

  onSwitched(listener: (device: DeviceKey) => void): { unsubscribe(): void } {
    this.#onSwitched.add(listener);
    return { unsubscribe: () => this.#onSwitched.delete(listener) };
  }

  onChange(device: DeviceKey, listener: () => void): { unsubscribe(): void } {
    const listeners = this.#onChange.get(device) ?? new Set();
    this.#onChange.set(device, listeners.add(listener));
    return {
      unsubscribe: () => {
        listeners.delete(listener);
        if (listeners.size === 0) this.#onChange.delete(device);
      },
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pruning?.cancel();
    const tracks = [...this.#tracks.values()];
    for (const track of tracks) track.stop();
    await Promise.all(tracks.map((track) => track.settled()));
  }

  /** From now until its end; one that has ended already is left as it is. */
  #follow({ device, until }: TraceState): void {
    const leftMs = until - this.#clock.now();
    if (this.#isClosed || leftMs <= 0) return;
    const running = this.#tracks.get(device);
    if (running?.isStopped === false) {
      running.endAfter(leftMs);
      return;
    }
    const track = new Track({
      ...{ clock: this.#clock, bounds: this.#bounds },
      write: (messages) => this.#write(device, messages),
      leftMs,
      onEnd: () => this.#unfollow(device),
    });
    this.#tracks.set(device, track);
    this.#tellSwitched(device);
  }

  #unfollow(device: DeviceKey): void {
    const track = this.#tracks.get(device);
    if (track === undefined || track.isStopped) return;
    track.stop();
    this.#tellSwitched(device);
    void track.settled().then(() => {
      if (this.#tracks.get(device) === track) this.#tracks.delete(device);
      this.#tell(device);
    });
  }

  /** False where the disk did not take them. */
  async #write(device: DeviceKey, messages: readonly NewTracedMessage[]): Promise<boolean> {
    try {
      await this.#keep.append(device, messages);
    } catch (error) {
      this.#log.warn("a trace could not be kept", { device, error: asError(error) });
      return false;
    }
    this.#tell(device);
    return true;
  }

  #tellSwitched(device: DeviceKey): void {
    for (const listener of this.#onSwitched) listener(device);
    this.#tell(device);
  }

  #tell(device: DeviceKey): void {
    for (const listener of this.#onChange.get(device) ?? []) listener();
  }

  #prune(): void {
    this.#pruning = this.#clock.after(PRUNE_EVERY_MS, () => {
      this.#keep
        .prune(this.#clock.now())
        .catch((error: unknown) => {
          this.#log.warn("traces could not be pruned", { error: asError(error) });
        })
        .finally(() => {
          if (!this.#isClosed) this.#prune();
        });
    });
  }
}
