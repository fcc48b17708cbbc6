const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
  { name: "s", ms: 1_000 },
] as const;

/** `12 s ago`, `in 3 min`, `now`: a time as seen from `now`, in its greatest whole unit. */
export function relativeTime(time: string, now: number): string {
  const away = Date.parse(time) - now;
  const count = greatestUnit(Math.abs(away));
  if (count === undefined) return "now";
  return away < 0 ? `${count} ago` : `in ${count}`;
}

/** `12 s`, `3 min`: how long ago a time is, in its greatest whole unit. */
export function elapsedTime(time: string, now: number): string {
  return greatestUnit(now - Date.parse(time)) ?? "0 s";
}

/** `24 h`, `90 min`: a length of time, in the greatest unit that says it whole. */
export function durationWords(durationMs: number): string {
  const unit = UNITS.find(({ ms }) => ms < 86_400_000 && durationMs >= ms && durationMs % ms === 0);
  return unit === undefined ? `${durationMs / 1_000} s` : `${durationMs / unit.ms} ${unit.name}`;
}

/** The same with the time of day it stands for, on this machine. */
export function relativeAndClock(time: string, now: number): string {
  return `${relativeTime(time, now)} (${localTime(time)})`;
}

/** `2026-01-31 14:03:20` on this machine. */
export function localTime(time: string): string {
  const at = new Date(time);
  const two = (part: number): string => String(part).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${day} ${clockTime(time)}`;
}

/** `14:03:20` on this machine. */
export function clockTime(time: string): string {
  const at = new Date(time);
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}

function greatestUnit(durationMs: number): string | undefined {
  const unit = UNITS.find(({ ms }) => durationMs >= ms);
  return unit === undefined ? undefined : `${Math.floor(durationMs / unit.ms)} ${unit.name}`;
}
