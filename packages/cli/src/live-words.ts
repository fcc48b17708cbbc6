import type { LiveMessage } from "@heliograph/api";
import type { WatchLiveOptions } from "@heliograph/api/client";
import { rootMessage } from "./explain-error.ts";
import type { Terminal } from "./terminal.ts";

export function onLost(terminal: Terminal): NonNullable<WatchLiveOptions["onLost"]> {
  return (error, waitMs) => {
    const seconds = Math.ceil(waitMs / 1_000);
    terminal.err(`the values were lost (${rootMessage(error)}); trying again in ${seconds} s`);
  };
}

/** Which way values of a device come, and how often. */
export function wayLine({
  way,
  every,
  path,
  detail,
}: Extract<LiveMessage, { readonly type: "way" }>): string {
  if (path !== undefined && detail !== undefined) return `${path}: ${detail}`;
  const often = every === undefined ? "whenever something changes" : `every ${every} s`;
  const line = way === "observe" ? `the device tells ${often}` : `the device is read ${often}`;
  return detail === undefined ? line : `${line}: ${detail}`;
}
