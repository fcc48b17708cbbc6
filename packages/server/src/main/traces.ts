import type { DeviceKey } from "@heliograph/protocol";
import {
  asError,
  subjects,
  type Bus,
  type Clock,
  type Log,
  type Store,
  type TraceDesk,
  type Traces,
} from "../ports/index.ts";
import { startTracer } from "../southbound/trace/tracer.ts";
import { openDiskTraces } from "../store/traces/disk-traces.ts";

export interface TracePorts {
  readonly bus: Bus;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OpenTraces {
  readonly traces: Traces & TraceDesk;
  /** Keeps what waits, and takes no more. */
  close(): Promise<void>;
}

/** Opens the traces in a folder; those that are on go on. A device that is removed loses its trace, now or at the next start. */
export async function openTraces(
  { bus, store, clock, log }: TracePorts,
  folder: string,
): Promise<OpenTraces> {
  const keep = await openDiskTraces({ folder, log });
  const isGone = async (device: DeviceKey): Promise<boolean> => (await store.device(device)) === undefined;
  for (const { device } of keep.states()) if (await isGone(device)) await keep.forget(device);
  const traces = startTracer({ keep, clock, log });
  const look = async (device: DeviceKey): Promise<void> => {
    if (traces.state(device) !== undefined && (await isGone(device))) await traces.forget(device);
  };
  const lookAt = (device: DeviceKey): void => {
    look(device).catch((error: unknown) => {
      log.warn("the trace of a removed device could not be deleted", { error: asError(error) });
    });
  };
  const hints = [
    bus.subscribe(subjects.everyRevoked, (revoked) => {
      if ("device" in revoked) lookAt(revoked.device);
    }),
    bus.onReturn(() => {
      for (const { device } of keep.states()) lookAt(device);
    }),
  ];
  return {
    traces,
    close() {
      for (const hint of hints) hint.unsubscribe();
      return traces.close();
    },
  };
}
