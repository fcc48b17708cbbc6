import type { LiveMessage, LiveQuery } from "../live.ts";
import { followStream, type StreamOptions } from "./follow-stream.ts";
import { segments, type Transport } from "./transport.ts";

export type WatchLiveOptions = Omit<StreamOptions, "after"> & Omit<LiveQuery, "path">;

/** Values as they are, and which way they come, until the loop is left; what breaks off is opened again. */
export function watchLive(
  transport: Transport,
  { device, paths }: { readonly device: string; readonly paths: readonly string[] },
  { interval, changes, ...options }: WatchLiveOptions = {},
): AsyncGenerator<LiveMessage, void, undefined> {
  const query = { path: paths, interval, changes };
  return followStream(
    { transport, path: segments("devices", device, "live"), query, read: readLive },
    options,
  );
}

function readLive(data: string): LiveMessage | undefined {
  const message: unknown = JSON.parse(data);
  return isLive(message) ? message : undefined;
}

function isLive(value: unknown): value is LiveMessage {
  return typeof value === "object" && value !== null && "type" in value;
}
