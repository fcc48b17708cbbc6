import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf, killReportText } from "./kill-report.ts";
import { killRun, type KillRunOptions } from "./kill-run.ts";
import { whyNoCuts, whyNoMachines } from "./machines.ts";

const small: Omit<KillRunOptions, "cuts" | "choose" | "tell"> = {
  topology: { cwmp: 2, light: 2, engine: 2, api: 2 },
  devices: 60,
  fleets: 1,
  classicEvery: 6,
  informSeconds: 20,
  retrySeconds: 1,
  lengths: { downMs: 500, cutMs: 6_000 },
  callers: 3,
  pauseMs: 200,
  probes: 20,
  patienceMs: 60_000,
};

test(
  "a process of each role, NATS and PostgreSQL are killed: all recover within a minute, and nothing is lost or runs twice",
  { skip: whyNoMachines() ?? false },
  async (t) => {
    const report = await killRun({
      ...{ ...small, cuts: false },
      choose: ({ name }) => name.startsWith("kill"),
      tell: (line) => t.diagnostic(line),
    });
    t.diagnostic(killReportText(report));
    assert.deepEqual(faultsOf(report), [], report.complaints);
  },
);

test(
  "an engine is cut off from the bus, and a gateway from the store: all recover within a minute, and nothing is lost or runs twice",
  { skip: whyNoMachines() ?? whyNoCuts() ?? false },
  async (t) => {
    const chosen = new Set(["cut engine-1 | nats", "cut light-1 | postgres"]);
    const choose = ({ name }: { readonly name: string }): boolean => chosen.has(name);
    const report = await killRun({ ...small, cuts: true, choose, tell: (line) => t.diagnostic(line) });
    assert.deepEqual(faultsOf(report), [], report.complaints);
  },
);
