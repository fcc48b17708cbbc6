import assert from "node:assert/strict";
import { test } from "node:test";
import { SeenBindings } from "./seen-bindings.ts";

test("where there are too many, those that were silent longest are forgotten", () => {
  const seen = new SeenBindings(2);
  const [one, two, three] = [1, 2, 3].map((port) => ({ host: "192.0.2.1", port }));
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  seen.note(one, 1);
  seen.note(two, 2);
  seen.note(one, 3);
  seen.note(three, 4);
  assert.deepEqual(
    [one, two, three].map((at) => seen.lastAt(at)),
    [3, undefined, 4],
  );
});
