import type { ParameterValues } from "@heliograph/protocol";
import type { WatchWish } from "../../ports/index.ts";

/** What somebody who watches a device is told. */
export type LiveSaid = LiveWay | LiveValues;

/** `observe`: the device tells by itself. `read`: the ACS reads, as often as it may. */
export interface LiveWay {
  readonly type: "way";
  readonly way: "observe" | "read";
  /** Left out where only changes are told. */
  readonly everyMs?: number;
  /** Where `detail` concerns this alone of what is watched. */
  readonly path?: string;
  /** Why nothing is seen now. */
  readonly detail?: string;
}

/** Why nothing is seen of one path. */
export type UnseenWay = LiveWay & Required<Pick<LiveWay, "path" | "detail">>;

export const NOTHING_THERE = "the device has nothing there";

export interface LiveValues {
  readonly type: "values";
  readonly at: number;
  readonly values: ParameterValues;
}

/** Somebody who watches. */
export interface Watcher {
  readonly wish: WatchWish;
  readonly hear: (said: LiveSaid) => void;
}
