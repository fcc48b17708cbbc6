import assert from "node:assert/strict";
import { test } from "node:test";
import type { Part, Progress } from "@heliograph/simulator";
import { showSummary } from "./fleet-words.ts";
import { recordedTerminal } from "./recorded-terminal.fixture.ts";

const rates = { started: 0, sessions: 0, informs: 0, rpcs: 0 };
const counted = { started: 1, informed: 1, attached: 1, sessions: 1, informs: 0, rpcs: 1 };

function part(speaks: Part["speaks"], ms: number): Part {
  const served = { count: 1, p50: ms, p95: ms, p99: ms, max: ms };
  return { ...counted, speaks, latencies: { served } };
}

function summaryOf(...parts: readonly Part[]): string {
  const terminal = recordedTerminal();
  const { latencies } = part("classic", 9);
  const progress: Progress = { ...counted, elapsedMs: 1_000, devices: 2, failures: [], latencies, parts };
  showSummary(terminal, progress, rates);
  return terminal.output();
}

test("where devices speak several things, latencies are told of each, below those of all", () => {
  const text = summaryOf(part("cwmp.soap", 3), part("classic", 5));
  assert.match(
    text,
    /^RPC to its answer( +9\.00){4} +1\n {2}cwmp\.soap( +3\.00){4} +1\n {2}classic( +5\.00){4} +1$/m,
  );
});

test("where all speak the same, they are told once", () => {
  assert.doesNotMatch(summaryOf(part("cwmp.soap", 3)), /cwmp\.soap/);
});
