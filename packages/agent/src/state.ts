import type { Agenda } from "./agenda.ts";
import type { Snapshot } from "./data-model.ts";
import type { ChannelMemory } from "./light/channel-memory.ts";

/** All that a device must remember over a restart, as plain JSON. */
export interface DeviceState {
  readonly model: Snapshot;
  readonly agenda: Agenda;
  /** Left out by a device that was never told of any. */
  readonly channels?: ChannelMemory;
}

/** Where a device keeps its state. */
export interface StateKeeper {
  /** Undefined for a device that never ran. */
  load(): DeviceState | undefined;
  /** Called after each change that must not be lost; the state is safe when it returns. */
  save(state: DeviceState): void;
}
