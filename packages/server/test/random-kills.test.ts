import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { superviseLoad } from "./supervised-load.ts";

const KILLS = 200;
/** A life that listens is killed within this time: some get through a dozen sessions, some not through their first. */
const LONGEST_LIFE_MS = 400;
/** One life in so many is killed before it listens. */
const STILLBORN = 10;

test(`${KILLS} random kills under load lose nothing that was accepted, and nothing runs twice`, async (t) => {
  await using supervised = await superviseLoad(t, {});
  const { random, supervisor, load } = supervised;
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

  await supervised.assertSound();
  await supervisor.stop();
});
