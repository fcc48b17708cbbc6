import type { DeviceEvent } from "../events.ts";
import { followStream, type Pause } from "./follow-stream.ts";
import type { Transport } from "./transport.ts";

export interface FollowOptions {
  /** Begins after this event; 0 with the oldest kept. Left out: with what comes next. */
  readonly after?: number;
  readonly device?: string;
  readonly names?: readonly string[];
  readonly signal?: AbortSignal;
  /** Told of every loss before the stream is opened again. */
  readonly onLost?: (error: unknown, waitMs: number) => void;
}

/**
 * Events in order, each once. A lost stream is opened again where it broke off, after a wait that doubles up to half a
 * minute and begins anew with every event. Ends by leaving the loop or by the signal; throws only where asking again
 * cannot help ({@link ApiError}) or the signal was aborted.
 */
export function followEvents(
  transport: Transport,
  options: FollowOptions,
  pause?: Pause,
): AsyncGenerator<DeviceEvent, void, undefined> {
  const query = { device: options.device, name: options.names };
  return followStream({ transport, path: "events", query, read: readEvent }, options, pause);
}

function readEvent(data: string): DeviceEvent {
  const event: unknown = JSON.parse(data);
  if (isEvent(event)) return event;
  throw new TypeError("the event stream carried something that is no event");
}

function isEvent(value: unknown): value is DeviceEvent {
  return typeof value === "object" && value !== null && "id" in value && "device" in value && "name" in value;
}
