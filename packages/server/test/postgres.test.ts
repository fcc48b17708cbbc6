import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom, tempDir } from "@heliograph/testkit";
import { summary } from "./kill-table.ts";
import { PostgresServer, whyNoPostgres } from "./postgres-server.ts";
import { misreported, reckon } from "./reckoning.ts";
import { ServerHosts } from "./server-hosts.ts";
import { SteadyLoad } from "./steady-load.ts";
import { Supervisor } from "./supervisor.ts";

const skip = whyNoPostgres() ?? false;
const KILLS = 16;
/** Of so many kills one is the database's. */
const OF_DATABASE = 4;
const LONGEST_LIFE_MS = 800;

test(
  "with its store in PostgreSQL the server loses nothing that was accepted, whichever of the two is killed",
  { skip },
  async (t) => {
    const random = seededRandom((line) => t.diagnostic(line));
    using folder = tempDir();
    await using database = await PostgresServer.start();
    await using hosts = new ServerHosts();
    await using supervisor = await Supervisor.start({
      hosts,
      data: folder.file("data"),
      openEnrolment: "loopback",
      flags: { "database-url": database.url },
    });
    await using load = new SteadyLoad({
      supervisor,
      random,
      devices: 6,
      callers: 6,
      ledger: folder.file("ledger"),
    });
    await load.start();

    for (let kill = 1; kill <= KILLS; kill += 1) {
      const { number } = await supervisor.up();
      // When the next one dies is what chance decides; nothing is waited for.
      await delay(random.integer(0, LONGEST_LIFE_MS));
      if (kill % OF_DATABASE === 0) {
        await database.kill();
        await database.startAgain();
      } else {
        await supervisor.kill();
        await supervisor.up(number + 1);
      }
    }
    await load.finish();
    await supervisor.restart();
    await load.lookAgain();

    const accounts = reckon(load.told, load.ledger);
    t.diagnostic(`${supervisor.kills} kills of the server; ${summary(accounts)}`);
    assert.deepEqual(
      accounts.flatMap(({ mark, method, faults }) => faults.map((fault) => `${method} ${mark}: ${fault}`)),
      [],
    );
    assert.deepEqual(misreported(load.reported, await load.events()), []);
    await supervisor.stop();
  },
);
