import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { TestContext } from "node:test";
import { tempDir, type TempDir } from "@heliograph/testkit";
import { within } from "./deadline.ts";
import { runDialog, type DialogRun } from "./dialog-run.ts";
import type { Dialog } from "./dialogs.ts";
import { describeRow, faultsIn, summary, type KillRow } from "./kill-table.ts";
import { ServerHosts } from "./server-hosts.ts";

/** Which of the points: one in so many, from the one of that index on. */
export interface Share {
  readonly oneIn: number;
  readonly first: number;
}

/** Leads a dialog once undisturbed, then once for each point of the share, at which the server is killed. */
export async function killAtEveryPoint(t: TestContext, dialog: Dialog, share: Share): Promise<void> {
  using folder = tempDir();
  await using hosts = new ServerHosts();
  const { points: all, run } = await runClean(dialog, { hosts, folder });
  const points = all.filter((_, index) => index % share.oneIn === share.first % share.oneIn);
  assert.deepEqual(faultsIn({ number: 0, point: "none", run }), []);
  assert.deepEqual(
    new Set(run.accounts.map(({ state, runs }) => `${state ?? ""} ${runs}`)),
    new Set(["done 1"]),
  );

  const rows = await killAtEach(points, (point, name) => {
    return runDialog(dialog, { hosts, folder: folder.file(name), arming: { killAt: point } });
  });

  for (const row of rows) t.diagnostic(describeRow(row));
  const killed = rows.filter((row) => row.run.kills === 1);
  t.diagnostic(
    `${dialog.title}: ${points.length} points, ${killed.length} kills; ${summary(accountsOf(rows))}`,
  );
  assert.deepEqual(rows.flatMap(faultsIn), []);
  const reached = new Set(killed.map(({ point }) => point));
  assert.deepEqual(
    points.filter((point) => !reached.has(point)),
    [],
    `every point of the clean run is reached again, within ${TRIES} runs`,
  );
}

interface CleanRun {
  readonly points: readonly string[];
  readonly run: DialogRun;
}

async function runClean(
  dialog: Dialog,
  { hosts, folder }: { readonly hosts: ServerHosts; readonly folder: TempDir },
): Promise<CleanRun> {
  const trace = folder.file("trace");
  const run = await runDialog(dialog, { hosts, folder: folder.file("clean"), arming: { trace } });
  const points = readFileSync(trace, "utf8").trimEnd().split("\n");
  const isSure = (point: string): boolean =>
    !RELAYED_AGAIN.test(point) && dialog.unsure?.test(point) !== true;
  return { points: points.filter(isSure), run };
}

/** The relay stores its position once a second, so that how often it does depends on the machine: the first time is sure. */
const RELAYED_AGAIN = /move-relay (?!1$)/;

const LONGEST_RUN_MS = 120_000;

/** Where two things happen side by side, a run may pass a point by that another reaches: it is led there again. */
const TRIES = 4;

type RunKilled = (point: string, name: string) => Promise<DialogRun>;

/** Runs for each point until one is killed there, as many points at a time as there are cores. */
async function killAtEach(points: readonly string[], runKilled: RunKilled): Promise<readonly KillRow[]> {
  const rows: KillRow[] = [];
  const waiting = points.entries();
  const worker = async (): Promise<void> => {
    for (const [index, point] of waiting) {
      const number = index + 1;
      for (let attempt = 1; attempt <= TRIES; attempt += 1) {
        const running = runKilled(point, `${number}-${attempt}`);
        const run = await within(running, `the dialog to end, killed at ${point}`, LONGEST_RUN_MS);
        rows.push({ number, point, run });
        if (run.kills === 1) break;
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return rows.sort((one, other) => one.number - other.number);
}

function accountsOf(rows: readonly KillRow[]) {
  return rows.flatMap(({ run }) => run.accounts);
}
