import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { systemClock } from "../main/system-clock.ts";
import type { Subject, SubjectPattern } from "../ports/bus.ts";
import { busSuite } from "../ports/bus.suite.ts";
import { memoryBus } from "./memory.ts";
import { test } from "node:test";

busSuite("memory bus", {
  open: () => Promise.resolve(memoryBus({ clock: systemClock, onError: () => undefined })),
  settle: () => setImmediate(),
});

test("memory bus: an error of a subscriber reaches onError with its subject", async () => {
  const errors: string[] = [];
  const bus = memoryBus({ clock: systemClock, onError: (_, subject) => errors.push(subject) });
  bus.subscribe("hg.a" as SubjectPattern<number>, () => {
    throw new Error("broken subscriber");
  });
  bus.publish("hg.a" as Subject<number>, 1);
  await setImmediate();
  assert.deepEqual(errors, ["hg.a"]);
});
