import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../bus/memory.ts";
import { ALIVE_MS, engineId, SILENT_MS, subjects } from "../ports/index.ts";
import { Engines } from "./engines.ts";

const one = engineId("1111111111111111");
const other = engineId("2222222222222222");

test("an engine that says nothing any more is gone, and its connections need another", async () => {
  const { engines, told, say, clock } = watching();
  await say(one);
  await say(other);
  for (let passedMs = 0; passedMs < SILENT_MS; passedMs += ALIVE_MS) {
    await clock.advance(ALIVE_MS);
    await say(other);
  }
  assert.deepEqual(told, [`gone ${one}`]);
  assert.equal(engines.isGone(one), true);
  assert.equal(engines.isGone(other), false);
});

test("one that says that it leaves is gone at once", async () => {
  const { told, leave, say } = watching();
  await say(one);
  await say(other);
  await leave(other);
  assert.deepEqual(told, [`gone ${other}`]);
});

test("where there is none left nobody can be asked, until one is heard again", async () => {
  const { engines, told, say, clock } = watching();
  assert.equal(engines.isStranded, false, "nothing is known before the first is heard of");
  await say(one);
  await say(other);
  await clock.advance(SILENT_MS + ALIVE_MS);
  assert.equal(engines.isStranded, true);
  await say(one);
  assert.equal(engines.isStranded, false);
  assert.equal(engines.isGone(one), false);
  assert.deepEqual(told, ["stranded", "returned"]);
});

test("nothing is heard of after the end", async () => {
  const { engines, told, say, leave } = watching();
  await say(one);
  engines.close();
  await leave(one);
  assert.deepEqual(told, []);
});

function watching() {
  const clock = new VirtualClock();
  const bus = memoryBus({ clock, onError: (error) => assert.fail(String(error)) });
  const told: string[] = [];
  const engines = new Engines({ bus, clock });
  engines.listen({
    onGone: (engine) => told.push(`gone ${engine}`),
    onStranded: () => told.push("stranded"),
    onReturned: () => told.push("returned"),
  });
  return {
    ...{ bus, clock, told, engines },
    say: async (engine: typeof one) => {
      bus.publish(subjects.alive(engine), { engine });
      await clock.advance(0);
    },
    leave: async (engine: typeof one) => {
      bus.publish(subjects.alive(engine), { engine, leaves: true });
      await clock.advance(0);
    },
  };
}
