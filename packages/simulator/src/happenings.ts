import type { DeviceClock, DeviceTimer } from "@heliograph/agent";
import type { Chance } from "./chance.ts";
import type { Trouble } from "./trouble.ts";

/** A device to which things happen. */
export interface Exposed {
  readonly blueprint: { readonly troubles: ReadonlySet<Trouble> };
  drift(): void;
  loseConnection(): void;
  losePower(): void;
}

export interface HappeningsOptions {
  readonly clock: DeviceClock;
  readonly chance: Chance;
  /** How often an hour some value of each device changes. */
  readonly changesPerHour: number;
  /** How often a device that drops or reboots does so, on average. */
  readonly troubleEveryMs: number;
}

/** How often it is decided what happens; one timer serves any number of devices. */
const PULSE_MS = 1_000;
const HOUR_MS = 3_600_000;

/** What happens to devices by itself: values change, connections break off, power is lost. */
export class Happenings {
  readonly #options: HappeningsOptions;
  readonly #all: Exposed[] = [];
  readonly #dropping: Exposed[] = [];
  readonly #rebooting: Exposed[] = [];
  #timer: DeviceTimer | undefined;

  constructor(options: HappeningsOptions) {
    this.#options = options;
    this.#next();
  }

  expose(device: Exposed): void {
    this.#all.push(device);
    if (device.blueprint.troubles.has("dropping")) this.#dropping.push(device);
    if (device.blueprint.troubles.has("rebooting")) this.#rebooting.push(device);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #next(): void {
    this.#timer = this.#options.clock.after(PULSE_MS, () => {
      const { changesPerHour, troubleEveryMs } = this.#options;
      this.#befall(this.#all, (changesPerHour * PULSE_MS) / HOUR_MS, (device) => device.drift());
      this.#befall(this.#dropping, PULSE_MS / troubleEveryMs, (device) => device.loseConnection());
      this.#befall(this.#rebooting, PULSE_MS / troubleEveryMs, (device) => device.losePower());
      this.#next();
    });
  }

  /** As many as are to be expected of so many devices, and by chance one more. */
  #befall(devices: readonly Exposed[], share: number, happen: (device: Exposed) => void): void {
    const { chance } = this.#options;
    const expected = devices.length * share;
    const whole = Math.floor(expected);
    const count = whole + (chance.happens(expected - whole) ? 1 : 0);
    for (let left = count; left > 0; left -= 1) happen(chance.pick(devices));
  }
}
