import type { DeviceKey } from "@heliograph/protocol";
import { operationId, subjects } from "../../ports/index.ts";
import type { Timer } from "../../ports/index.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";

/** Who asks, in operations and in the audit log. */
const ASKER = "lightweight notification";
/** A device is asked no more often than that; what is hinted at meanwhile is asked for together. */
const PAUSE_MS = 10_000;
const MOST_DEVICES = 10_000;
const MOST_NAMES = 64;
const WAIT_MS = 30_000;

interface Pause {
  readonly names: Set<string>;
  timer: Timer;
}

/** Asks devices for parameters that somebody hinted at, by operations like those of a manager. */
export class HintedQuestions {
  readonly #ports: Pick<SouthboundPorts, "bus" | "clock" | "random" | "log">;
  readonly #pauses = new Map<DeviceKey, Pause>();

  constructor(ports: Pick<SouthboundPorts, "bus" | "clock" | "random" | "log">) {
    this.#ports = ports;
  }

  /** Now, or once the device was left alone for a while; false where there is no room for that. */
  ask(device: DeviceKey, names: readonly string[]): boolean {
    const pause = this.#pauses.get(device);
    if (pause === undefined) {
      if (this.#pauses.size >= MOST_DEVICES) return false;
      this.#send(device, names);
      return true;
    }
    for (const name of names) if (pause.names.size < MOST_NAMES) pause.names.add(name);
    return true;
  }

  /** What waits is not asked for any more. */
  close(): void {
    for (const { timer } of this.#pauses.values()) timer.cancel();
    this.#pauses.clear();
  }

  #send(device: DeviceKey, names: readonly string[]): void {
    const { bus, clock, random, log } = this.#ports;
    const timer = clock.after(PAUSE_MS, () => {
      const waiting = this.#pauses.get(device)?.names ?? new Set();
      this.#pauses.delete(device);
      if (waiting.size > 0) this.#send(device, [...waiting]);
    });
    this.#pauses.set(device, { names: new Set(), timer });
    const rpcs = [{ method: "GetParameterValues", params: { ParameterNames: [...new Set(names)] } }];
    const id = operationId(random.hex(16));
    if (id === undefined) throw new Error("random bytes are no id");
    const ask = { id, rpcs, manager: ASKER, automatic: ASKER, waitMs: 0 };
    bus.request(subjects.rpc(device), ask, { timeoutMs: WAIT_MS }).then(
      (reply) => {
        if (reply.type === "refused") log.info("a hint was not followed", { device, reason: reply.reason });
      },
      () => {
        log.warn("a hint was not followed", { device, reason: "nobody took it" });
      },
    );
  }
}
