import type { DeviceKey } from "@heliograph/protocol";
import type { SeenMessage, TraceDesk } from "../src/ports/index.ts";

/** Traces every device, or one after the other is told; keeps what it is shown in memory. */
export class ScriptedDesk implements TraceDesk {
  readonly seen: SeenMessage[] = [];
  /** How often somebody asked for a device. */
  asked = 0;
  isOpen: boolean;
  readonly #listeners = new Set<(device: DeviceKey) => void>();

  constructor(isOpen: boolean) {
    this.isOpen = isOpen;
  }

  of() {
    this.asked += 1;
    return this.isOpen ? { add: (message: SeenMessage) => this.seen.push(message) } : undefined;
  }

  onSwitched(listener: (device: DeviceKey) => void) {
    this.#listeners.add(listener);
    return { unsubscribe: () => this.#listeners.delete(listener) };
  }

  switch(device: DeviceKey, isOpen: boolean): void {
    this.isOpen = isOpen;
    for (const listener of this.#listeners) listener(device);
  }

  /** What was seen since it was last asked, a line for each: its direction, and its first line or its note. */
  take(): readonly string[] {
    return this.seen.splice(0).map(({ direction, head, note, body }) => {
      return `${direction} ${head?.line ?? note ?? body?.text ?? ""}`;
    });
  }
}
