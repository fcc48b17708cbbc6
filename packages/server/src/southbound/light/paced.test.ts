import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Paced } from "./paced.ts";

test("so many are dealt with at once, and the next begins when one is over; none is left out", async () => {
  const open: (() => void)[] = [];
  const dealt: number[] = [];
  const paced = new Paced<number>((thing) => {
    dealt.push(thing);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    open.push(() => resolve(undefined));
    return promise;
  });
  const all = Array.from({ length: 200 }, (_, at) => at);
  paced.take(all);
  assert.equal(dealt.length, 64);
  paced.take([199]);
  while (open.length > 0) {
    open.shift()?.();
    await setImmediate();
    assert.ok(open.length <= 64);
  }
  assert.deepEqual(dealt, all);
});

test("those that wait are forgotten, those that are being dealt with come to their end", async () => {
  const over = Promise.withResolvers<undefined>();
  const dealt: number[] = [];
  const paced = new Paced<number>((thing) => {
    dealt.push(thing);
    return over.promise;
  });
  paced.take(Array.from({ length: 65 }, (_, at) => at));
  paced.stop();
  over.resolve(undefined);
  await setImmediate();
  assert.equal(dealt.length, 64);
});
