import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { PostgresServer, whyNoPostgres } from "./postgres-server.ts";
import { superviseLoad } from "./supervised-load.ts";

const skip = whyNoPostgres() ?? false;
const KILLS = 16;
/** Of so many kills one is the database's. */
const OF_DATABASE = 4;
const LONGEST_LIFE_MS = 800;

test(
  "with its store in PostgreSQL the server loses nothing that was accepted, whichever of the two is killed",
  { skip },
  async (t) => {
    await using database = await PostgresServer.start();
    await using supervised = await superviseLoad(t, { flags: { "database-url": database.url } });
    const { random, supervisor, load } = supervised;
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

    await supervised.assertSound();
    await supervisor.stop();
  },
);
