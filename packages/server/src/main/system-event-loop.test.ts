import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { test } from "node:test";
import { systemEventLoop } from "./system-event-loop.ts";

test("a loop that is blocked again and again is late and at work, and one that was left alone since is neither", async () => {
  const loop = systemEventLoop();
  for (let turn = 0; turn < 3; turn += 1) {
    const end = Date.now() + 200;
    while (Date.now() < end);
    await setTimeout(1);
  }
  const busy = loop.sample();
  assert.ok(busy.lagMs > 100, `it was late by ${busy.lagMs} ms`);
  assert.ok(busy.utilization > 0.5, `it was at work for ${busy.utilization}`);
  // What else this machine does may make the loop late, too, but not for ever.
  let idle = busy;
  for (let look = 0; look < 20 && idle.lagMs >= busy.lagMs / 2; look += 1) {
    await setTimeout(500);
    idle = loop.sample();
  }
  assert.ok(idle.lagMs < busy.lagMs / 2, `it was late by ${idle.lagMs} ms`);
  assert.ok(idle.utilization < busy.utilization / 2, `it was at work for ${idle.utilization}`);
});
