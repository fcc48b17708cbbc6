import type { ServedProcess } from "./served-process.ts";

/** Milliseconds; CPU is what the server spent on one turn. */
export interface Figures {
  readonly p50: number;
  readonly p95: number;
  readonly cpu: number;
}

/** Times `run` for each of `count` turns, one after another, a quarter as many run before. */
export async function measure(
  server: ServedProcess,
  count: number,
  run: (turn: number) => Promise<void>,
): Promise<Figures> {
  for (let turn = 0; turn < count / 4; turn += 1) await run(turn);
  const times: number[] = [];
  const before = server.cpuMs();
  for (let turn = 0; turn < count; turn += 1) {
    const start = performance.now();
    await run(turn);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(count * share)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), cpu: (server.cpuMs() - before) / count };
}

const NAME_CHARS = 34;

/** A table of ours and the bare server's figures, and their ratio. */
export function table(ours: readonly [string, Figures], bare: readonly [string, Figures]): string {
  const row = (name: string, cells: readonly string[]): string =>
    [name.padEnd(NAME_CHARS), ...cells.map((cell) => cell.padStart(9))].join(" ");
  const figures = ({ p50, p95, cpu }: Figures): readonly number[] => [p50, p95, cpu];
  const [own, base] = [figures(ours[1]), figures(bare[1])];
  return [
    row("", ["p50 ms", "p95 ms", "CPU ms"]),
    row(
      ours[0],
      own.map((figure) => figure.toFixed(2)),
    ),
    row(
      bare[0],
      base.map((figure) => figure.toFixed(2)),
    ),
    row(
      "ratio",
      own.map((figure, index) => (figure / (base[index] ?? 1)).toFixed(1)),
    ),
  ].join("\n");
}
