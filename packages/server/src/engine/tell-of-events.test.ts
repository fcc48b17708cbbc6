import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../bus/memory.ts";
import { subjects } from "../ports/index.ts";
import { tellOfEvents } from "./tell-of-events.ts";

/** What counts how often it was told of events, and a store that says that it has some. */
function listening() {
  const clock = new VirtualClock();
  const bus = memoryBus({ clock, onError: (error) => assert.ifError(error) });
  let told = 0;
  bus.subscribe(subjects.everyStored, () => (told += 1));
  let stored = (): void => undefined;
  const store = {
    onEvents(listener: () => void) {
      stored = listener;
      return { unsubscribe: () => (stored = () => undefined) };
    },
  };
  const telling = tellOfEvents({ bus, store, clock });
  return { bus, clock, telling, store: () => stored(), told: () => told };
}

test("events that are stored together are told of once", async () => {
  const { clock, store, told } = listening();
  store();
  store();
  await clock.advance(1_000);
  assert.equal(told(), 1);
  store();
  await clock.advance(1_000);
  assert.equal(told(), 2);
});

test("at its end an engine tells of what it has not told of, and nothing after that", async () => {
  const { bus, clock, telling, store, told } = listening();
  store();
  telling.close();
  await clock.advance(0);
  assert.equal(told(), 1);
  store();
  await bus.close();
  await clock.advance(1_000);
  assert.equal(told(), 1);
});
