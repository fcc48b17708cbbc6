import type { DeviceKey } from "@heliograph/protocol";
import type { NorthboundPorts } from "../settings.ts";
import { LiveDevice } from "./live-device.ts";
import type { Watcher } from "./live-said.ts";

/** The devices that are watched in this process. */
export class LiveDevices {
  readonly #ports: NorthboundPorts;
  readonly #open = new Map<DeviceKey, LiveDevice>();

  constructor(ports: NorthboundPorts) {
    this.#ports = ports;
  }

  /** Tells the watcher until it is disposed of. */
  watch(key: DeviceKey, watcher: Watcher): Disposable {
    const device = this.#open.get(key) ?? new LiveDevice(this.#ports, key);
    this.#open.set(key, device);
    device.add(watcher);
    return {
      [Symbol.dispose]: () => {
        device.remove(watcher);
        if (device.isWatched) return;
        device.close();
        this.#open.delete(key);
      },
    };
  }
}
