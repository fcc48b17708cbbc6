import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import { Returns } from "./returns.ts";

function sent(returns: Returns, count: number): number {
  return Array.from({ length: count }, () => returns.next()).at(-1) ?? 0;
}

test("few who are sent away come back within ten seconds", () => {
  assert.equal(sent(new Returns(new VirtualClock()), 2_000), 10);
});

test("many come back at a pace at which they can be taken, and nobody stays away for more than ten minutes", () => {
  assert.equal(sent(new Returns(new VirtualClock()), 5_000), 25);
  assert.equal(sent(new Returns(new VirtualClock()), 50_000), 250);
  assert.equal(sent(new Returns(new VirtualClock()), 200_000), 600);
});

test("who was sent away a while ago is back, and counts no more", async () => {
  const clock = new VirtualClock();
  const returns = new Returns(clock);
  assert.equal(sent(returns, 10_000), 50);
  await clock.advance(60_000);
  assert.equal(returns.next(), 10);
});

test("devices that come back while nobody takes them come at a pace that settles", async () => {
  const clock = new VirtualClock();
  const returns = new Returns(clock);
  const due = Array.from({ length: 20_000 }, () => 0);
  let [come, seconds] = [0, 0];
  for (let second = 0; second < 600; second += 1) {
    come = 0;
    for (const [device, at] of due.entries()) {
      if (at > second) continue;
      come += 1;
      seconds = returns.next();
      due[device] = second + 1 + (((device * 7_919 + second) % 1_000) / 1_000) * seconds;
    }
    await clock.advance(1_000);
  }
  assert.ok(come > 100 && come < 1_000, `${come} in the last second, strewn over ${seconds} s`);
});
