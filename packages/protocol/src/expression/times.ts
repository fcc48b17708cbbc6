import { isDateTime } from "../model/lexical.ts";
import type { Literal } from "./expression.ts";

/** Largest first; a duration is printed in the first that it is a whole number of. */
const UNITS = [
  ["w", 604_800],
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DURATION = /^(\d{1,9})([wdhms])$/;
const NUMBER = /^[+-]?\d{1,40}(?:\.\d{1,40})?(?:e[+-]?\d{1,3})?$/;
/** The last moment that a date with four digits for its year names. */
const LATEST = Date.parse("9999-12-31T23:59:59.999Z");

/** Seconds of `3d`, `12h`, `30m`; undefined where it is none. */
export function parseDuration(figure: string): number | undefined {
  const [, count, unit] = DURATION.exec(figure) ?? [];
  const seconds = UNITS.find(([name]) => name === unit)?.[1];
  return seconds === undefined ? undefined : Number(count) * seconds;
}

/** A day begins at midnight UTC, and a time without a zone is in UTC. */
export function parseMoment(text: string): number | undefined {
  const full = DAY.test(text) ? `${text}T00:00:00Z` : text;
  if (!isDateTime(full)) return undefined;
  const at = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(full) ? full : `${full}Z`);
  return at >= 0 && at <= LATEST ? at : undefined;
}

export function parseNumber(figure: string): number | undefined {
  const number = NUMBER.test(figure) ? Number(figure) + 0 : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** A number or a moment; what is a duration needs the word after it. */
export function parseFigure(figure: string): Literal | undefined {
  const number = parseNumber(figure);
  if (number !== undefined) return { type: "number", number };
  const at = parseMoment(figure);
  return at === undefined ? undefined : { type: "moment", at };
}

export function printDuration(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds % each === 0 && seconds >= each) ?? ["s", 1];
  return `${seconds / size}${unit}`;
}

export function printMoment(at: number): string {
  return new Date(at)
    .toISOString()
    .replace(/\.000Z$/, "Z")
    .replace(/T00:00:00Z$/, "");
}
