import {
  accept,
  parseDeviceKey,
  refuse,
  type Decoded,
  type DeviceKey,
  type StompHeaders,
} from "@heliograph/protocol";
import type { WatchWish } from "../../ports/index.ts";
import { MOST_PATHS, wishOf } from "../live/watching.ts";

const LIVE = /^\/device\/([^/]+)\/live$/;
/** As in the REST API. */
const MOST_PATH_CHARS = 256;
const MOST_SECONDS = 86_400;

/** The device whose values a destination names; undefined where it names none. */
export function watchedIn(destination: string): DeviceKey | undefined {
  return parseDeviceKey(LIVE.exec(destination)?.[1] ?? "");
}

export function liveOf(device: DeviceKey): string {
  return `/device/${device}/live`;
}

/** `paths`, with blanks between them, and where wanted `interval` in seconds and `changes`. */
export function readWatch(headers: StompHeaders): Decoded<WatchWish> {
  const paths = (headers.get("paths") ?? "").split(" ").filter((path) => path !== "");
  const isGood = paths.every((path) => path.length <= MOST_PATH_CHARS);
  if (paths.length === 0 || paths.length > MOST_PATHS || !isGood) {
    return refuse("bad-header", "SUBSCRIBE", `paths has 1 to ${MOST_PATHS} paths, with blanks between them`);
  }
  const [interval, changes = "false"] = [headers.get("interval"), headers.get("changes")];
  const seconds = interval === undefined ? undefined : Number(interval);
  if (seconds !== undefined && !(Number.isInteger(seconds) && seconds >= 1 && seconds <= MOST_SECONDS)) {
    return refuse("bad-header", "SUBSCRIBE", `interval is a number of seconds up to ${MOST_SECONDS}`);
  }
  if (changes !== "true" && changes !== "false") {
    return refuse("bad-header", "SUBSCRIBE", "changes is true or false");
  }
  const every = seconds === undefined ? {} : { interval: seconds };
  return accept(wishOf(paths, { ...every, changes: changes === "true" }));
}
