import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom, tempDir } from "@heliograph/testkit";
import { summary } from "./kill-table.ts";
import { misreported, reckon } from "./reckoning.ts";
import { ServerHosts } from "./server-hosts.ts";
import { SteadyLoad } from "./steady-load.ts";
import { Supervisor } from "./supervisor.ts";

const KILLS = 200;
const DEVICES = 6;
const CALLERS = 6;
/** A life that listens is killed within this time: some get through a dozen sessions, some not through their first. */
const LONGEST_LIFE_MS = 400;
/** One life in so many is killed before it listens. */
const STILLBORN = 10;

test(`${KILLS} random kills under load lose nothing that was accepted, and nothing runs twice`, async (t) => {
  const random = seededRandom((line) => t.diagnostic(line));
  using folder = tempDir();
  await using hosts = new ServerHosts();
  await using supervisor = await Supervisor.start({
    hosts,
    data: folder.file("data"),
    openEnrolment: "loopback",
  });
  await using load = new SteadyLoad({
    supervisor,
    random,
    devices: DEVICES,
    callers: CALLERS,
    ledger: folder.file("ledger"),
  });
  await load.start();

  while (supervisor.kills < KILLS) {
    const { number } = await supervisor.up();
    // When the next one dies is what chance decides; nothing is waited for.
    await delay(random.integer(0, LONGEST_LIFE_MS));
    await supervisor.kill();
    if (random.integer(1, STILLBORN) === 1) await supervisor.kill();
    await supervisor.up(number + 1);
  }
  await load.finish();
  await supervisor.restart();
  await load.lookAgain();

  const accounts = reckon(load.told, load.ledger);
  t.diagnostic(`${supervisor.kills} kills; ${summary(accounts)}`);
  t.diagnostic(`${load.reported.length} transfers were reported and acknowledged`);
  assert.deepEqual(
    accounts.flatMap(({ mark, method, faults }) => faults.map((fault) => `${method} ${mark}: ${fault}`)),
    [],
  );
  assert.deepEqual(misreported(load.reported, await load.events()), []);
  await supervisor.stop();
});
