import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { StoreBusyError } from "../ports/index.ts";
import { GroupCommit, type Bound } from "./group-commit.ts";

test("a commit takes all that waited while the one before it was on its way", async () => {
  const { commits, group, finish } = held();
  const first = group.add("a");
  await setImmediate();
  const others = [group.add("b"), group.add("c")];
  await setImmediate();
  assert.deepEqual(commits, [["a"]]);
  finish();
  assert.equal(await first, "A");
  await setImmediate();
  assert.deepEqual(commits, [["a"], ["b", "c"]]);
  finish();
  assert.deepEqual(await Promise.all(others), ["B", "C"]);
});

test("what is asked for in one turn goes in one commit", async () => {
  const { commits, group, finish } = held();
  const all = Promise.all([group.add("a"), group.add("b")]);
  await setImmediate();
  assert.deepEqual(commits, [["a", "b"]]);
  finish();
  assert.deepEqual(await all, ["A", "B"]);
});

test("what is in no hurry is gathered, and goes with the first that is in one", async () => {
  const { commits, group, finish } = held();
  const patient = [group.add("a", "soon"), group.add("b", "soon")];
  await setImmediate();
  await setImmediate();
  assert.deepEqual(commits, []);
  const urgent = group.add("c", "now");
  await setImmediate();
  assert.deepEqual(commits, [["a", "b", "c"]]);
  finish();
  assert.deepEqual(await Promise.all([...patient, urgent]), ["A", "B", "C"]);
});

test("what is in no hurry waits for nobody for long, and no longer than until there is enough of it", async () => {
  const alone = new GroupCommit<string, string>({ ...bounds, commit: (batch) => Promise.resolve(batch) });
  assert.equal(await alone.add("a", "soon"), "a");
  const { commits, group, finish } = held({ batch: { items: 2, chars: 99 } });
  const both = [group.add("a", "soon"), group.add("b", "soon")];
  await setImmediate();
  assert.deepEqual(commits, [["a", "b"]]);
  finish();
  await Promise.all(both);
});

test("who drains it waits for no more", async () => {
  const { commits, group, finish } = held();
  const item = group.add("a", "soon");
  await setImmediate();
  const drained = group.drained();
  await setImmediate();
  assert.deepEqual(commits, [["a"]]);
  finish();
  await Promise.all([item, drained]);
});

test("a commit takes only so many items, and only so many characters", async () => {
  const { commits, group, finish } = held({ batch: { items: 3, chars: 4 } });
  const all = ["a", "b", "c", "d", "eee", "ff", "ggggggg", "h"].map((item) => group.add(item));
  const expected = [["a", "b", "c"], ["d", "eee"], ["ff"], ["ggggggg"], ["h"]];
  for (const batch of expected) {
    await setImmediate();
    assert.deepEqual(commits.at(-1), batch);
    finish();
  }
  await Promise.all(all);
  assert.deepEqual(commits, expected);
});

test("where too many items wait, or too many characters, the next is refused until a commit took some", async () => {
  for (const waiting of [
    { items: 2, chars: 99 },
    { items: 99, chars: 2 },
  ]) {
    const { group, finish } = held({ waiting });
    const first = group.add("a");
    await setImmediate();
    const others = [group.add("b"), group.add("c")];
    await assert.rejects(group.add("d"), StoreBusyError);
    finish();
    await first;
    await setImmediate();
    const late = group.add("e");
    finish();
    await Promise.all(others);
    await setImmediate();
    finish();
    assert.equal(await late, "E");
  }
});

test("a commit that fails rejects all it took, and the next one goes on", async () => {
  let broken = true;
  const group = new GroupCommit<string, string>({
    ...bounds,
    commit: (batch) => (broken ? Promise.reject(new Error("no disk")) : Promise.resolve(batch)),
  });
  const both = await Promise.allSettled([group.add("a"), group.add("b")]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  broken = false;
  assert.equal(await group.add("c"), "c");
});

test("it is drained once nothing waits and nothing is on its way", async () => {
  const { group, finish } = held();
  await group.drained();
  const item = group.add("a");
  let isDrained = false;
  const drained = group.drained().then(() => (isDrained = true));
  await setImmediate();
  assert.equal(isDrained, false);
  finish();
  await Promise.all([item, drained]);
  assert.equal(group.waiting, 0);
});

const bounds = {
  charsOf: (item: string) => item.length,
  batch: { items: 500, chars: 1_000 },
  waiting: { items: 1_000, chars: 1_000 },
};

/** A group whose commits end when the test says so, with every item in capitals. */
function held(changes: { readonly batch?: Bound; readonly waiting?: Bound } = {}) {
  const commits: (readonly string[])[] = [];
  let finish: () => void = () => undefined;
  const group = new GroupCommit<string, string>({
    ...bounds,
    ...changes,
    commit(batch) {
      commits.push(batch);
      const { promise, resolve } = Promise.withResolvers<readonly string[]>();
      finish = () => {
        resolve(batch.map((item) => item.toUpperCase()));
      };
      return promise;
    },
  });
  return { commits, group, finish: () => finish() };
}
