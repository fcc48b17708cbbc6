import { existsSync, readdirSync, readFileSync } from "node:fs";

const NS_PER_MS = 1_000_000;

/** Milliseconds of CPU of a process's threads since it started; none of one that has ended. */
export function cpuMs(pid: number): number {
  const folder = `/proc/${pid}/task`;
  const threads = existsSync(folder) ? readdirSync(folder) : [];
  return threads.reduce((sum, thread) => sum + spentNs(`${folder}/${thread}/schedstat`), 0) / NS_PER_MS;
}

/** A thread may end while it is looked at. */
function spentNs(path: string): number {
  return Number(read(path)?.split(" ")[0] ?? 0);
}

/** Its resident memory; none of one that has ended. */
export function residentKb(pid: number): number {
  return statusKb(pid, "VmRSS");
}

/** The memory that is its own alone; none of one that has ended. */
export function ownKb(pid: number): number {
  return statusKb(pid, "RssAnon");
}

/** The process and its children. */
export function familyOf(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`)?.match(/\d+/g) ?? [];
  return [pid, ...children.map(Number)];
}

function statusKb(pid: number, name: string): number {
  const line = read(`/proc/${pid}/status`)
    ?.split("\n")
    .find((one) => one.startsWith(`${name}:`));
  return Number(/\d+/.exec(line ?? "")?.[0] ?? 0);
}

/** Undefined of what has ended meanwhile. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
