import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import { Guesses } from "./guesses.ts";

const HERE = "192.0.2.7";

test("so many wrong answers are borne in a minute, and no more until it is over", async () => {
  const clock = new VirtualClock();
  const guesses = new Guesses(clock, { each: 3, maxNetworks: 10 });
  for (let guess = 0; guess < 3; guess += 1) {
    assert.equal(guesses.blockedForMs(HERE), 0);
    guesses.wrong(HERE);
  }
  assert.equal(guesses.blockedForMs(HERE), 60_000);
  assert.equal(guesses.blockedForMs("192.0.2.8"), 0);
  await clock.advance(59_999);
  assert.equal(guesses.blockedForMs(HERE), 1);
  await clock.advance(1);
  assert.equal(guesses.blockedForMs(HERE), 0);
});

test("the addresses of one IPv6 site count together, those of the next do not", () => {
  const guesses = new Guesses(new VirtualClock(), { each: 2, maxNetworks: 10 });
  guesses.wrong("2001:db8:0:1::1");
  guesses.wrong("2001:db8:0:1:2:3:4:5");
  assert.ok(guesses.blockedForMs("2001:db8:0:1::ffff") > 0);
  assert.equal(guesses.blockedForMs("2001:db8:0:2::1"), 0);
});

test("where too many networks guess, those that come later share one count", () => {
  const guesses = new Guesses(new VirtualClock(), { each: 2, maxNetworks: 2 });
  for (const address of ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]) guesses.wrong(address);
  assert.equal(guesses.blockedForMs("192.0.2.1"), 0);
  assert.ok(guesses.blockedForMs("192.0.2.3") > 0);
  assert.ok(guesses.blockedForMs("192.0.2.5") > 0);
});
