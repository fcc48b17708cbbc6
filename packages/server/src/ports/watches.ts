import type { DeviceKey, ParameterValues } from "@heliograph/protocol";

/** Values of a device that somebody wants to see, as they come or change. */
export interface WatchWish {
  /** Full and partial paths, in which `*` stands for every instance; none: nothing any more. */
  readonly paths: readonly string[];
  /** How often; left out: only as they change. */
  readonly intervalMs?: number;
  readonly onChange: boolean;
}

/** What somebody wants, said again and again while they do. */
export interface Watch extends WatchWish {
  readonly device: DeviceKey;
  /** Whoever wants it: what they want now is in place of what they wanted before. */
  readonly id: string;
}

/** What comes of watching a device that is connected by the light transport. */
export type Observed =
  /** It tells these from now on, so often at least: what it has of the paths that it was asked for. */
  | ({
      readonly type: "observing";
      readonly device: DeviceKey;
      readonly asked: readonly string[];
    } & WatchWish)
  | {
      readonly type: "values";
      readonly device: DeviceKey;
      readonly at: number;
      readonly values: ParameterValues;
    }
  /** It tells nothing any more, or never will. */
  | { readonly type: "not-observing"; readonly device: DeviceKey; readonly detail: string };

/** A watch of which nothing was heard for so long is over. */
export const WATCH_LEASE_MS = 30_000;
/** How often it is said again. */
export const WATCH_RENEWAL_MS = 10_000;
/** The most that one device is asked for. */
export const MOST_WATCHED_PATHS = 256;

/** All that is wanted of a device, as one wish: every path, as often as the most impatient wants; undefined for nothing. */
export function mergedWishes(wishes: Iterable<WatchWish>): WatchWish | undefined {
  const paths = new Set<string>();
  let intervalMs = Infinity;
  let onChange = false;
  for (const wish of wishes) {
    for (const path of wish.paths) paths.add(path);
    intervalMs = Math.min(intervalMs, wish.intervalMs ?? Infinity);
    onChange ||= wish.onChange;
  }
  if (paths.size === 0) return undefined;
  const often = intervalMs === Infinity ? {} : { intervalMs };
  return { paths: [...paths].toSorted().slice(0, MOST_WATCHED_PATHS), ...often, onChange };
}
