import type { DeviceKey } from "@heliograph/protocol";
import type { ChangeOf, ChangeType, DeviceFacts, DeviceLogin } from "../ports/index.ts";

/** Logins that are kept: with some 800 bytes for each, they stay below 20 MB. */
const MOST = 20_000;

/** Changes that name no device themselves, and leave alone what decides whether one may come in. */
const OTHERS: ReadonlySet<ChangeType> = new Set([
  "accept-operation",
  "accept-operations",
  "end-operation",
  "move-relay",
  "move-webhook",
  "prune",
  "publish",
  "record-audit",
  "release-call",
  "replan-refresh",
  "settle-letter",
  "take-duty",
]);

/**
 * What devices come in by, as it is stored: of a store that nobody else writes to. Whoever makes a change tells of it before
 * anybody hears that it was made; then what it may have touched is read anew. Where as many are kept as may be, those that come
 * later are read each time.
 */
export class KnownLogins {
  readonly #known = new Map<DeviceKey, DeviceLogin>();

  /** Reads a login that is not known. */
  of(key: DeviceKey, read: () => DeviceLogin | undefined): DeviceLogin | undefined {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const login = read();
    if (login !== undefined && this.#known.size < MOST) this.#known.set(key, login);
    return login;
  }

  /** The change was made, or may have been. A change that names a device is no other device's. */
  changed(type: ChangeType, change: ChangeOf<ChangeType>): void {
    const key = deviceOf(change);
    if (key !== undefined) {
      if (!this.#saysTheSame(key, change)) this.#known.delete(key);
    } else if (!OTHERS.has(type)) this.#known.clear();
  }

  /** Nearly every change is an Inform that tells nothing new. */
  #saysTheSame(key: DeviceKey, change: ChangeOf<ChangeType>): boolean {
    const known = this.#known.get(key);
    if (known === undefined || !("facts" in change) || change.bootstrapped) return false;
    const { facts } = change;
    return FACTS.every((name) => facts[name] === undefined || facts[name] === known.device.facts[name]);
  }
}

const FACTS = [
  "root",
  "softwareVersion",
  "hardwareVersion",
  "connectionRequestUrl",
] as const satisfies readonly (keyof DeviceFacts)[];

function deviceOf(change: ChangeOf<ChangeType>): DeviceKey | undefined {
  if ("key" in change) return change.key;
  return "device" in change ? change.device : undefined;
}
