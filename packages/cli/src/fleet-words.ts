import type { Failure, Latencies, Percentiles, Progress, Rates } from "@heliograph/simulator";
import { paint, printable, showTable, type Cell } from "./output.ts";
import type { Terminal } from "./terminal.ts";

const MAX_FAILURES = 5;

/** How a fleet stands, in a line. */
export function progressLine(progress: Progress, rates: Rates): string {
  const { elapsedMs, devices, started, informed, attached, failures } = progress;
  const failed = failures.reduce((sum, { count }) => sum + count, 0);
  return [
    `${Math.round(elapsedMs / 1_000)} s`,
    `${started}/${devices} started`,
    `${informed} informed`,
    `${attached} attached`,
    `${perSecond(rates.sessions)} sessions/s`,
    `${perSecond(rates.rpcs)} RPCs/s`,
    failed === 1 ? "1 failure" : `${failed === 0 ? "no" : failed} failures`,
  ].join("  ");
}

/** What came of a fleet: what it did, how fast it was served, and what went wrong. */
export function showSummary(terminal: Terminal, progress: Progress, rates: Rates): void {
  const { devices, started, informed, attached, sessions, informs, rpcs, elapsedMs } = progress;
  const rows: readonly (readonly [string, string])[] = [
    ["devices", `${started} of ${devices} started, ${informed} informed, ${attached} attached at the end`],
    ["classic sessions", `${sessions}, ${perSecond(rates.sessions)} a second`],
    ["informs over light", `${informs}, ${perSecond(rates.informs)} a second`],
    ["RPCs served", `${rpcs}, ${perSecond(rates.rpcs)} a second`],
    ["time", `${(elapsedMs / 1_000).toFixed(1)} s`],
  ];
  showTable(terminal, { rows: rows.map(([name, text]) => [{ text: name, tone: "quiet" }, text]) });
  showLatencies(terminal, progress);
  showFailures(terminal, progress.failures);
}

const LATENCY_NAMES: Readonly<Record<keyof Latencies, string>> = {
  informed: "start to first session's end",
  attached: "start to attached",
  served: "RPC to its answer",
};

/** Of all devices; where they do not all speak the same, of those that do as well. */
function showLatencies(terminal: Terminal, { latencies, parts }: Progress): void {
  const told = LATENCIES.flatMap((name) => [
    latencyRow(LATENCY_NAMES[name], latencies[name]),
    ...(parts.length < 2 ? [] : parts.map((part) => latencyRow(`  ${part.speaks}`, part.latencies[name]))),
  ]);
  const rows = told.filter((row) => row !== undefined);
  if (rows.length === 0) return;
  terminal.out("");
  showTable(terminal, { head: ["milliseconds", "p50", "p95", "p99", "max", "count"], rows });
}

const LATENCIES = ["informed", "attached", "served"] as const satisfies readonly (keyof Latencies)[];

function latencyRow(name: string, told: Percentiles | undefined): readonly Cell[] | undefined {
  if (told === undefined) return undefined;
  const { p50, p95, p99, max, count } = told;
  return [name, ...[p50, p95, p99, max].map(milliseconds), String(count)];
}

function showFailures(terminal: Terminal, failures: readonly Failure[]): void {
  if (failures.length === 0) return;
  terminal.out("");
  terminal.out(paint(terminal, { text: "failures", tone: "bad" }));
  const rows = failures.slice(0, MAX_FAILURES).map(({ reason, count }) => [String(count), printable(reason)]);
  showTable(terminal, { rows: rows.map((row) => ["", ...row]) });
  const rest = failures.length - MAX_FAILURES;
  if (rest > 0) terminal.out(`  and ${rest} more kinds`);
}

/** Three figures are enough to compare by. */
function milliseconds(ms: number): string {
  return ms >= 100 ? String(Math.round(ms)) : ms.toPrecision(3);
}

function perSecond(rate: number): string {
  return rate >= 100 ? String(Math.round(rate)) : rate.toFixed(1);
}
