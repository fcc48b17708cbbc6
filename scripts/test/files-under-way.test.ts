import assert from "node:assert/strict";
import { mock, test, type TestContext } from "node:test";
import { FilesUnderWay } from "./files-under-way.ts";

const PATIENCE = { inTestMs: 400, betweenMs: 100 };
const FILE = { name: "src/slow.test.ts", file: "/root/src/slow.test.ts" };
const TEST = { name: "it waits", file: "/root/src/shared.suite.ts", entryFile: FILE.file };

function underWay(t: TestContext) {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  return new FilesUnderWay("/root", PATIENCE);
}

function complaint({ signal }: FilesUnderWay): string {
  return signal.reason instanceof Error ? signal.reason.message : "";
}

test("a file whose tests are over and which does not end aborts the run, and is named", (t) => {
  const files = underWay(t);
  files.begun(FILE);
  files.begun(TEST);
  files.ended(TEST);
  mock.timers.tick(99);
  assert.equal(files.signal.aborted, false);
  mock.timers.tick(1);
  assert.equal(complaint(files), "src/slow.test.ts hangs: nothing was heard of it for 0.1 s");
});

test("a file that begins none of its tests aborts the run", (t) => {
  const files = underWay(t);
  files.begun(FILE);
  mock.timers.tick(100);
  assert.equal(files.signal.aborted, true);
});

test("a file is waited for longer while a test of it runs", (t) => {
  const files = underWay(t);
  files.begun(FILE);
  files.begun(TEST);
  mock.timers.tick(399);
  assert.equal(files.signal.aborted, false);
  mock.timers.tick(1);
  assert.equal(complaint(files), "src/slow.test.ts hangs: nothing was heard of it for 0.4 s");
});

test("a file that is heard of again and again may take as long as it likes", (t) => {
  const files = underWay(t);
  files.begun(FILE);
  for (let round = 0; round < 5; round += 1) {
    files.begun(TEST);
    mock.timers.tick(300);
    files.ended(TEST);
    mock.timers.tick(50);
  }
  files.ended(FILE);
  mock.timers.tick(1_000);
  assert.equal(files.signal.aborted, false);
});

test("the files that took longest are known, the slowest first", (t) => {
  const files = underWay(t);
  let now = 0;
  t.mock.method(performance, "now", () => now);
  for (const [name, seconds] of [
    ["a.test.ts", 2],
    ["b.test.ts", 9],
    ["c.test.ts", 5],
  ] as const) {
    files.begun({ name, file: `/root/${name}` });
    now += seconds * 1_000;
    files.ended({ name, file: `/root/${name}` });
  }
  assert.deepEqual(files.slowest(2), [
    ["b.test.ts", 9],
    ["c.test.ts", 5],
  ]);
});
