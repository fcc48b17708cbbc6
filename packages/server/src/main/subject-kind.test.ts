import assert from "node:assert/strict";
import { test } from "node:test";
import { subjectKind } from "./subject-kind.ts";

test("a kind is a subject without what it names", () => {
  assert.deepEqual(
    [
      "hg.v1.here",
      "hg.v1.engine.announce",
      "hg.v1.engine.0f.next",
      "hg.v1.engine.0f.device.d.rpc",
      "hg.v1.operation.1.cancel",
      "hg.v1.device.d.event.boot",
      "hg.v1.outside.device.d.rpc",
      "hg.v1.engine.0f.asked.device.d.rpc",
      "hg.v1.engine.0f.asked.engine.accept",
    ].map(subjectKind),
    [
      "here",
      "engine.announce",
      "engine.next",
      "engine.rpc",
      "operation.cancel",
      "device.event",
      "outside.rpc",
      "device.rpc",
      "engine.accept",
    ],
  );
});
