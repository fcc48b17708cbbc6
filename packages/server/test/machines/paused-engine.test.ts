import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "@heliograph/api/client";
import { ALIVE_MS, SILENT_MS } from "../../src/ports/index.ts";
import { TransferringDevice } from "../transferring-device.ts";
import { killRun } from "./kill-run.ts";
import { whyNoMachines } from "./machines.ts";
import { isGood } from "./recovery.ts";
import { RunningRoles, whyNoRoles } from "./running-roles.ts";

const PAUSE = "pause engine-1";
const DEVICES = 8;
/** Until an engine that says nothing is gone for all, and what it was asked is answered by another one. */
const GONE_MS = SILENT_MS + ALIVE_MS;
/** What a machine that is busy adds; who waits for longer is answered that it was in vain. */
const SLACK_MS = 4_000;
/** So long devices may take to answer, while an engine stands still as well as once it goes on. */
const MOST_SECONDS = 60;

test(
  "an engine that is paused until it is taken over and then goes on is refused: no device runs anything twice, and nothing is lost",
  { skip: whyNoMachines() ?? false },
  async (t) => {
    const told: number[] = [];
    const report = await killRun({
      topology: { cwmp: 1, light: 1, engine: 2, api: 1 },
      ...{ cuts: false, devices: 20, fleets: 1, classicEvery: 5 },
      ...{ informSeconds: 20, retrySeconds: 1, lengths: { downMs: 0, cutMs: 0 } },
      // Many at once, so that it has calls under way when it stops, and no more than devices get done that restart now and then.
      ...{ callers: 8, pauseMs: 200, probes: 30, patienceMs: 120_000 },
      choose: ({ name }) => name === PAUSE,
      tell: (line) => {
        t.diagnostic(line);
        if (line.startsWith(PAUSE)) told.push(performance.now());
      },
    });
    const [paused = 0, recovered = Infinity] = told;
    assert.ok(report.recoveries.length === 1 && report.recoveries.every((one) => isGood(one, MOST_SECONDS)));
    assert.ok((recovered - paused) / 1_000 < 2 * MOST_SECONDS, "devices answered while it stood still");
    const { lost, ranTwice, neverRan, unasked } = report.reckoning;
    assert.deepEqual([lost, ranTwice, neverRan, unasked].flat(), [], report.complaints);
    assert.deepEqual(report.events.missing, [], report.complaints);
    assert.ok(report.reckoning.accepted > 50, `${report.reckoning.accepted} operations were accepted`);
  },
);

test(
  "while an engine stands still managers are answered all the same: within seconds, and then at once",
  { skip: whyNoRoles() ?? false },
  async (t) => {
    await using acs = await RunningRoles.start({ counts: { engine: 2 } });
    const client = acs.client();
    const keys = await enrolled(acs);
    acs.process("engine-1").pause();
    try {
      const first = await longestOf(questions(client, keys, "first"));
      t.diagnostic(`the longest took ${Math.round(first)} ms while the engine fell silent`);
      assert.ok(first > ALIVE_MS, "some of them were asked of the engine that stands still");
      assert.ok(first < GONE_MS + SLACK_MS, `${first} ms`);
      const then = await longestOf(questions(client, keys, "then"));
      t.diagnostic(`the longest took ${Math.round(then)} ms once it was known to be gone`);
      assert.ok(then < SILENT_MS / 2, `${then} ms`);
    } finally {
      acs.process("engine-1").resume();
    }
    for (const key of keys) {
      const { items } = await client.operations.list({ device: key });
      assert.equal(items.length, 2, "each was accepted once");
    }
  },
);

async function enrolled(acs: RunningRoles): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let number = 0; number < DEVICES; number += 1) {
    const deviceId = { SerialNumber: `PAUSED${number}` };
    await using it = await TransferringDevice.enrol(acs.client(), { acsUrl: acs.acsUrl, deviceId });
    keys.push(it.key);
  }
  return keys;
}

/** What managers ask of engines and may ask twice; each is refused with an error where it is refused. */
function questions(client: Client, keys: readonly string[], when: string): readonly Promise<unknown>[] {
  return keys.flatMap((key) => [
    client.operations.create(key, { method: "Reboot", params: { CommandKey: `${when} ${key}` } }),
    client.devices.relieve(key),
  ]);
}

/** Milliseconds until all were answered. */
async function longestOf(asked: readonly Promise<unknown>[]): Promise<number> {
  const began = performance.now();
  await Promise.all(asked);
  return performance.now() - began;
}
