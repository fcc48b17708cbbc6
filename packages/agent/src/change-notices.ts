import { ActiveThrottle } from "./active-throttle.ts";
import type { ActiveThrottleOptions } from "./active-throttle.ts";
import type { Change } from "./data-model.ts";
import { LightweightNotifications } from "./lightweight-notifications.ts";
import type { LightweightNotificationsOptions } from "./lightweight-notifications.ts";

export interface ChangeNoticesOptions {
  readonly throttle: ActiveThrottleOptions;
  /** Undefined where nothing can be told by datagrams. */
  readonly lightweight: LightweightNotificationsOptions | undefined;
  /** The next Inform is to tell of it. */
  readonly owe: (path: string) => void;
}

/** Notification attributes that ask for a `4 VALUE CHANGE` in the next Inform, and the one that asks for it now. */
const IN_INFORM: ReadonlySet<number> = new Set([1, 2, 4, 6]);
const ACTIVE = 2;

/** How the ACS hears of changes, by the parameters' Notification attributes [CWMP 1.4 A.3.2.4]. */
export class ChangeNotices {
  readonly throttle: ActiveThrottle;
  readonly #lightweight: LightweightNotifications | undefined;
  readonly #owe: (path: string) => void;

  constructor({ throttle, lightweight, owe }: ChangeNoticesOptions) {
    this.throttle = new ActiveThrottle(throttle);
    this.#lightweight = lightweight && new LightweightNotifications(lightweight);
    this.#owe = owe;
  }

  /** What the ACS itself changed it knows. */
  changed({ path, by, notification }: Change): void {
    if (by === "acs") return;
    if (IN_INFORM.has(notification)) this.#owe(path);
    if (notification === ACTIVE) this.throttle.changed();
    this.#lightweight?.changed(path, notification);
  }

  /** Sends the lightweight notifications that wait. */
  trigger(): void {
    this.#lightweight?.flush();
  }

  /** It restarts. */
  reset(): void {
    this.throttle.reset();
    this.#lightweight?.forget();
  }
}
