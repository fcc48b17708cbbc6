import { UsageError } from "./command-error.ts";

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["", 1_000],
  ["s", 1_000],
  ["min", 60_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** `90`, `90s`, `5min`, `1.5h` in milliseconds. Throws {@link UsageError}. */
export function readDuration(name: string, text: string): number {
  const [, count = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/.exec(text) ?? [];
  const unitMs = UNIT_MS.get(unit);
  if (count === "" || unitMs === undefined)
    throw new UsageError(`--${name} must be a time such as 90s, 5min or 1h; it is "${text}"`);
  return Number(count) * unitMs;
}
