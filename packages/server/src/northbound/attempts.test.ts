import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import { countAttempts } from "./attempts.ts";

const limits = { burst: 3, forgetMs: 1_000, maxAddresses: 2 };

function failTimes(count: number, address: string, attempts: ReturnType<typeof countAttempts>): void {
  for (let attempt = 0; attempt < count; attempt++) attempts.failed(address);
}

test("an address is blocked after a burst, until one attempt is forgotten", async () => {
  const clock = new VirtualClock();
  const attempts = countAttempts(clock, limits);
  failTimes(2, "192.0.2.1", attempts);
  assert.equal(attempts.blockedForMs("192.0.2.1"), 0);
  attempts.failed("192.0.2.1");
  assert.equal(attempts.blockedForMs("192.0.2.1"), 1_000);
  assert.equal(attempts.blockedForMs("192.0.2.2"), 0);
  await clock.advance(1_000);
  assert.equal(attempts.blockedForMs("192.0.2.1"), 0);
  attempts.failed("192.0.2.1");
  assert.equal(attempts.blockedForMs("192.0.2.1"), 1_000);
});

test("an address is blocked as long as before, whatever the clock is set to meanwhile", async () => {
  const clock = new VirtualClock();
  const attempts = countAttempts(clock, limits);
  failTimes(3, "192.0.2.1", attempts);
  for (const hours of [-1, 25]) {
    clock.jump(hours * 3_600_000);
    assert.equal(attempts.blockedForMs("192.0.2.1"), 1_000);
  }
  await clock.advance(1_000);
  assert.equal(attempts.blockedForMs("192.0.2.1"), 0);
});

test("attempts that were made at once block for as long as their number says", () => {
  const attempts = countAttempts(new VirtualClock(), limits);
  failTimes(10, "192.0.2.1", attempts);
  assert.equal(attempts.blockedForMs("192.0.2.1"), 8_000);
});

test("whoever has one IPv6 address has those beside it", () => {
  const attempts = countAttempts(new VirtualClock(), limits);
  failTimes(3, "2001:db8:1:2:aaaa::1", attempts);
  assert.ok(attempts.blockedForMs("2001:db8:1:2::7") > 0);
  assert.equal(attempts.blockedForMs("2001:db8:1:3::7"), 0);
  failTimes(3, "2001:db8::1", attempts);
  assert.ok(attempts.blockedForMs("2001:db8::2") > 0);
  assert.equal(attempts.blockedForMs("2001:db8:0:1::2"), 0);
});

test("an IPv4 address is itself, also where it is written as an IPv6 one", () => {
  const attempts = countAttempts(new VirtualClock(), limits);
  failTimes(3, "::ffff:192.0.2.1", attempts);
  assert.equal(attempts.blockedForMs("::ffff:192.0.2.2"), 0);
});

test("no more addresses are remembered than allowed, and who failed last stays", () => {
  const attempts = countAttempts(new VirtualClock(), limits);
  for (const address of ["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.3"]) failTimes(3, address, attempts);
  assert.equal(attempts.blockedForMs("192.0.2.2"), 0);
  assert.ok(attempts.blockedForMs("192.0.2.1") > 0);
  assert.ok(attempts.blockedForMs("192.0.2.3") > 0);
});
