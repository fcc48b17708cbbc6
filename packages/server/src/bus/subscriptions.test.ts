import assert from "node:assert/strict";
import { test } from "node:test";
import { SubscriptionTable } from "./subscriptions.ts";

test("who comes after a subject was looked for is found, and who has gone is not", () => {
  const table = new SubscriptionTable<string>();
  const found = (): readonly string[] => table.matching("a.b").map(({ handler }) => handler);
  assert.deepEqual(found(), []);
  const exact = table.add("a.b", "exact", undefined);
  assert.deepEqual(found(), ["exact"]);
  table.add("a.*", "wild", undefined);
  assert.deepEqual(found(), ["exact", "wild"]);
  exact.unsubscribe();
  assert.deepEqual(found(), ["wild"]);
  table.clear();
  assert.deepEqual(found(), []);
});

test("of a queue group each takes its turn, also where the subject was looked for before", () => {
  const table = new SubscriptionTable<string>();
  for (const name of ["one", "two"]) table.add("a.b", name, "queue");
  const turns = Array.from({ length: 4 }, () =>
    table
      .matching("a.b")
      .map(({ handler }) => handler)
      .join(),
  );
  assert.deepEqual(turns.toSorted(), ["one", "one", "two", "two"]);
});

test("who listens to all devices is found for each of them, for more than are remembered", () => {
  const table = new SubscriptionTable<string>();
  table.add("device.*", "all", undefined);
  for (let device = 0; device < 2_500; device += 1) {
    assert.equal(table.matching(`device.${device}`).length, 1);
  }
});
