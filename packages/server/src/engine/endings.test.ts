import assert from "node:assert/strict";
import { test } from "node:test";
import { Endings } from "./endings.ts";
import { anId, at } from "./device.fixture.ts";
import type { Change } from "./state.ts";

test("who waits for an operation hears of its end, and of no other's", () => {
  const endings = new Endings();
  const heard: string[] = [];
  const here = endings.onEnd(anId("a"), () => heard.push("a"));
  endings.onEnd(anId("b"), () => heard.push("b"));
  endings.stored(ended("a"));
  here.unsubscribe();
  endings.stored(ended("a"));
  assert.deepEqual(heard, ["a"]);
});

function ended(digit: string): Change {
  const end = { state: "expired", at: at(1) } as const;
  return { type: "end-operation", change: { operation: anId(digit), from: "queued", end, events: [] } };
}
