import assert from "node:assert/strict";
import { test } from "node:test";
import type { Database } from "../database.ts";
import { Rerun, type Answer } from "./rerun.ts";

test("what is asked is asked once, however often the body is begun again", () => {
  const rerun = new Rerun((db) => [db.get("a"), db.get("b"), db.run("c")]);
  assert.deepEqual(asked(rerun), ["a"]);
  rerun.answer([row({ n: 1 })]);
  assert.deepEqual(asked(rerun), ["b"]);
  rerun.answer([row({ n: 2 })]);
  assert.deepEqual(asked(rerun), ["c"]);
  rerun.answer([{ rows: [], count: 3 }]);
  assert.deepEqual(rerun.step(), { name: "done", statements: [], value: [{ n: 1 }, { n: 2 }, 3] });
});

test("what nobody waits for goes along with the next question, in its order", () => {
  const rerun = new Rerun((db) => {
    db.write("a");
    db.write("b");
    const found = db.all("c");
    db.write("d");
    return found.length;
  });
  assert.deepEqual(asked(rerun), ["a", "b", "c"]);
  rerun.answer([NONE, NONE, row({ n: 1 })]);
  const end = rerun.step();
  assert.deepEqual(end, { name: "done", statements: [{ sql: "d", values: {} }], value: 1 });
});

test("what is asked apart is asked together, each as far as it comes; what follows comes after all of it", () => {
  const rerun = new Rerun((db) => {
    const found = db.apart(["a", "b", "c"], (apart, name) => {
      apart.write(`${name} begins`);
      const first = apart.get(`${name} 1`);
      const second = name === "b" ? undefined : apart.get(`${name} 2`);
      apart.write(`${name} ends`);
      return [first, second];
    });
    return [...found, db.get("last")];
  });
  assert.deepEqual(asked(rerun), ["a begins", "a 1", "b begins", "b 1", "c begins", "c 1"]);
  rerun.answer([NONE, row({ a: 1 }), NONE, row({ b: 1 }), NONE, row({ c: 1 })]);
  assert.deepEqual(asked(rerun), ["a 2", "b ends", "c 2"]);
  rerun.answer([row({ a: 2 }), NONE, row({ c: 2 })]);
  assert.deepEqual(asked(rerun), ["a ends", "c ends", "last"]);
  rerun.answer([NONE, NONE, row({ last: 1 })]);
  const value = [[{ a: 1 }, { a: 2 }], [{ b: 1 }, undefined], [{ c: 1 }, { c: 2 }], { last: 1 }];
  assert.deepEqual(rerun.step(), { name: "done", statements: [], value });
});

test("what a body throws of one is thrown", () => {
  const rerun = new Rerun((db) => {
    return db.apart([1, 2], (apart, each) => {
      if (apart.get(`question ${each}`) === undefined) throw new Error(`nothing there for ${each}`);
    });
  });
  rerun.step();
  rerun.answer([row({ n: 1 }), NONE]);
  assert.throws(() => rerun.step(), /nothing there for 2/);
});

test("a body that asks something else when it is begun again is stopped", () => {
  let turn = 0;
  const rerun = new Rerun((db) => {
    turn += 1;
    return [db.get(`question ${turn}`), db.get("last")];
  });
  rerun.step();
  rerun.answer([NONE]);
  assert.throws(() => rerun.step(), /"question 1" has become "question 2"/);
});

test("what a body throws by itself is thrown", () => {
  const rerun = new Rerun((db: Database) => {
    if (db.get("a") === undefined) throw new Error("nothing there");
  });
  rerun.step();
  rerun.answer([NONE]);
  assert.throws(() => rerun.step(), /nothing there/);
});

const NONE: Answer = { rows: [], count: 0 };

function row(values: Answer["rows"][number]): Answer {
  return { rows: [values], count: 1 };
}

function asked<T>(rerun: Rerun<T>): readonly string[] {
  const step = rerun.step();
  assert.equal(step.name, "asks");
  return step.statements.map(({ sql }) => sql);
}
