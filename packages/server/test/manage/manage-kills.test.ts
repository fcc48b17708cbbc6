import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom, tempDir } from "@heliograph/testkit";
import { ServerHosts } from "../server-hosts.ts";
import { runTransactions } from "./transaction-run.ts";

const KILLS = 40;
/** A life that listens is killed within this time. */
const LONGEST_LIFE_MS = 600;
/** Where the server dies between a COMMIT and the end of what it asked for. */
const POINT =
  /commit accept-operations|send manager (?:CONNECTED|RECEIPT)|(?:manager MESSAGE|commit claim-call) [1-4]$/;

test("killed at each point of a COMMIT, the ACS has stored all of it or nothing, and all of it where RECEIPT came [STOMP-GROUP-2, STOMP-GROUP-6]", async (t) => {
  using folder = tempDir();
  await using hosts = new ServerHosts();
  const trace = folder.file("trace");
  const clean = await runTransactions({ hosts, folder: folder.file("clean"), arming: { trace } });
  assert.deepEqual(clean, { kills: 0, committed: 3, receipted: 3, stored: 3, faults: [] });
  const points = readFileSync(trace, "utf8").trimEnd().split("\n");
  const killed = new Set<string>();
  for (const [index, point] of points.filter((each) => POINT.test(each)).entries()) {
    const run = await runTransactions({
      hosts,
      folder: folder.file(String(index)),
      arming: { killAt: point },
    });
    t.diagnostic(`${point}: ${run.receipted} of ${run.committed} receipted, ${run.stored} stored`);
    assert.deepEqual(run.faults, [], point);
    if (run.kills === 1) killed.add(point);
    if (point.startsWith("before commit accept-operations")) assert.equal(run.stored, run.committed - 1);
    if (point.startsWith("after commit accept-operations")) {
      assert.deepEqual([run.stored, run.receipted], [run.committed, run.committed - 1]);
    }
  }
  for (const side of ["before", "after"]) {
    for (const number of [1, 2, 3]) assert.ok(killed.has(`${side} commit accept-operations ${number}`));
  }
});

test(`${KILLS} random kills leave no transaction half stored, lose none whose RECEIPT came, and run nothing twice [STOMP-GROUP-2]`, async (t) => {
  const random = seededRandom((line) => t.diagnostic(line));
  using folder = tempDir();
  await using hosts = new ServerHosts();
  const { faults, ...counts } = await runTransactions({
    hosts,
    folder: folder.file("run"),
    harass: async (supervisor) => {
      while (supervisor.kills < KILLS) {
        const { number } = await supervisor.up();
        // When the next one dies is what chance decides; nothing is waited for.
        await delay(random.integer(0, LONGEST_LIFE_MS));
        await supervisor.kill();
        await supervisor.up(number + 1);
      }
    },
  });
  t.diagnostic(JSON.stringify(counts));
  assert.deepEqual(faults, []);
  assert.ok(counts.receipted > 0 && counts.kills >= KILLS);
});
