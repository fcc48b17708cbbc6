import { inParallel } from "./in-parallel.ts";
import type { ServedProcess } from "./served-process.ts";

/** Milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
}

export interface Figures extends Latency {
  /** Milliseconds of CPU that one turn cost the server. */
  readonly cpu: number;
}

export function latencyOf(times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}

/** How long `run` takes. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** Times `run` for each of `count` turns, one after another, a quarter as many run before. */
export async function measure(
  server: ServedProcess,
  count: number,
  run: (turn: number) => Promise<unknown>,
): Promise<Figures> {
  for (let turn = 0; turn < count / 4; turn += 1) await run(turn);
  const times: number[] = [];
  const before = server.cpuMs();
  for (let turn = 0; turn < count; turn += 1) times.push(await timed(() => run(turn)));
  return { ...latencyOf(times), cpu: (server.cpuMs() - before) / count };
}

export interface Contender {
  readonly server: ServedProcess;
  readonly run: (turn: number) => Promise<unknown>;
}

export interface Rounds {
  readonly rounds: number;
  /** Turns of each contender in a round. */
  readonly turns: number;
  readonly atOnce: number;
}

/**
 * Milliseconds of CPU that a turn of each contender cost its server, round by round. In each round they take their turns
 * after one another, so that what the machine does besides, and how fast it is just then, is the same for all.
 */
export async function cpuByRound(
  contenders: readonly Contender[],
  { rounds, turns, atOnce }: Rounds,
): Promise<readonly (readonly number[])[]> {
  const spent: number[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { server, run }] of contenders.entries()) {
      const before = server.cpuMs();
      await inParallel({ count: turns, atOnce, from: round * turns }, run);
      spent[index]?.push((server.cpuMs() - before) / turns);
    }
  }
  return spent;
}

/** The same, the least of all rounds: whatever else runs on the machine only adds. */
export async function leastCpu(contenders: readonly Contender[], rounds: Rounds): Promise<readonly number[]> {
  return (await cpuByRound(contenders, rounds)).map((costs) => Math.min(...costs));
}

/** How what is measured again and again is spread: half of it lies between the quarters. */
export interface Quarters {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

export function quartersOf(values: readonly number[]): Quarters {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? 0;
  return { low: at(0.25), middle: at(0.5), high: at(0.75) };
}

/** The one by the other, each by what it was measured with. */
export function ratios(ours: readonly number[], base: readonly number[]): readonly number[] {
  return ours.map((value, round) => value / (base[round] ?? Infinity));
}

export type Row = readonly [name: string, ...cells: readonly (number | string)[]];

const NAME_CHARS = 46;
const CELL_CHARS = 12;

/** A table with a head over each column of cells, and numbers in three digits or all before the point. */
export function table(heads: readonly string[], rows: readonly Row[]): string {
  const line = ([name, ...cells]: Row): string =>
    name.padEnd(NAME_CHARS) + cells.map((cell) => shown(cell).padStart(CELL_CHARS)).join("");
  return [["", ...heads] as const, ...rows].map(line).join("\n");
}

function shown(cell: number | string): string {
  if (typeof cell === "string") return cell;
  return cell.toFixed(cell < 10 ? 2 : cell < 100 ? 1 : 0);
}
