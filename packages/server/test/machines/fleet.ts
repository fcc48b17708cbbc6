import { listenForConnectionRequests, type SharedConnectionRequests } from "@heliograph/agent/node";
import { DeviceLedger } from "../device-ledger.ts";
import { FleetDevice, LEVEL, type FleetSettings } from "./fleet-device.ts";

/** How many devices are in, the first of those that are not, and how many Informs were answered so far. */
export interface FleetReport {
  readonly isIn: number;
  readonly informs: number;
  readonly out: readonly string[];
}

/** Devices that come for the first time at once. */
const AT_ONCE = 40;
/** The ACS asks no port for more than ten sessions a second. */
const DEVICES_A_PORT = 100;
const SHOWN = 5;
const TURN_MS = 500;

/** Devices in this process. */
export class Fleet {
  readonly #settings: FleetSettings;
  readonly #listeners: SharedConnectionRequests[] = [];
  readonly #devices: FleetDevice[] = [];
  #turning: NodeJS.Timeout | undefined;

  constructor(settings: FleetSettings) {
    this.#settings = settings;
  }

  /** Switches all on; resolves once each was in. */
  async start(): Promise<void> {
    const { devices, host, ledger } = this.#settings;
    const notes = new DeviceLedger(ledger);
    for (let count = 0; count < devices; count += DEVICES_A_PORT) {
      this.#listeners.push(await listenForConnectionRequests({ host }));
    }
    const indices = Array.from({ length: devices }, (_, index) => index).values();
    const come = async (): Promise<void> => {
      for (const index of indices) {
        const listener = this.#listeners[index % this.#listeners.length];
        if (listener === undefined) throw new Error("nobody listens");
        const device = new FleetDevice({ ...this.#settings, index, notes, listener });
        this.#devices.push(device);
        await device.start();
      }
    };
    this.#turning = setInterval(() => this.#turn(), TURN_MS);
    await Promise.all(Array.from({ length: AT_ONCE }, come));
  }

  /** Who was in since then, and who was not. */
  report(since: number): FleetReport {
    const out = this.#devices.filter((device) => !device.wasIn(since)).map(({ key }) => key);
    const informs = this.#devices.reduce((sum, device) => sum + device.informs, 0);
    return { isIn: this.#devices.length - out.length, out: out.slice(0, SHOWN), informs };
  }

  /** Milliseconds that each of them was out which went out since then and is in again. */
  outages(since: number): readonly number[] {
    const outages = this.#devices.flatMap(({ outage }) => outage ?? []);
    return outages.filter(({ from }) => from >= since).map(({ from, until }) => until - from);
  }

  async close(): Promise<void> {
    clearInterval(this.#turning);
    await Promise.all(this.#devices.map((device) => device.close()));
    for (const listener of this.#listeners) await listener.close();
  }

  /** The first device shows something new. */
  #turn(): void {
    const [first] = this.#devices;
    const level = first?.model.get(LEVEL);
    if (typeof level === "number") first?.model.set(LEVEL, level + 1);
  }
}
