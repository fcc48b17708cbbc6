import type { DeviceKey } from "@heliograph/protocol";

const WINDOW_MS = 10 * 60_000;
/** So often a device may replace its connection in ten minutes, though the old one lives [LIGHT 2]. */
const MOST = 3;

/** How often devices took the place of their own connection lately: two clones, or a thief, do so all the time. */
export class Replacements {
  readonly #maxDevices: number;
  readonly #times = new Map<DeviceKey, readonly number[]>();

  /** Of more devices the longest unheard of is forgotten. */
  constructor(maxDevices: number) {
    this.#maxDevices = maxDevices;
  }

  note(device: DeviceKey, now: number): void {
    const times = [...this.#recent(device, now), now];
    this.#times.delete(device);
    this.#times.set(device, times.slice(-MOST));
    if (this.#times.size <= this.#maxDevices) return;
    const [oldest] = this.#times.keys();
    if (oldest !== undefined) this.#times.delete(oldest);
  }

  /** Whether one more would be one too many. */
  areMany(device: DeviceKey, now: number): boolean {
    return this.#recent(device, now).length >= MOST;
  }

  /** A time that lies ahead is from before the clock was set back. */
  #recent(device: DeviceKey, now: number): readonly number[] {
    return (this.#times.get(device) ?? []).filter((at) => at <= now && now - at < WINDOW_MS);
  }
}
