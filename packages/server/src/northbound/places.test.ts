import assert from "node:assert/strict";
import { test } from "node:test";
import { Places } from "./places.ts";

test("there are so many places, and one that is left is taken again", () => {
  const places = new Places(2);
  const [first, second] = [places.enter(), places.enter()];
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(places.enter(), undefined);
  first();
  first();
  assert.ok(places.enter() !== undefined);
  assert.equal(places.enter(), undefined, "who left twice left once");
});

test("nobody takes more than half of the places from others", () => {
  const places = new Places(4);
  const [first, second] = [places.sit("jo"), places.sit("jo")];
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(places.sit("jo"), undefined);
  assert.ok(places.sit("kim") !== undefined);
  second();
  assert.ok(places.sit("jo") !== undefined);
});
