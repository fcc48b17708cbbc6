import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { topLevelObject } from "@heliograph/protocol";
import { learn, lessonParts, overlay, within } from "./lesson.ts";
import type { LearnedParameters, Lesson } from "./records.ts";

const radio = "Device.WiFi.Radio.1.";

test("a bare integer keeps the type that is known of its parameter", () => {
  const known = learn(
    {},
    { at: 1, values: { [radio]: { Power: ["-3", "int"], Name: ["7", "string"], Channel: 1 } } },
  );
  const learned = learn(known, { at: 2, values: { [radio]: { Power: 5, Name: 8, Channel: 2 } } });
  assert.deepEqual(learned, {
    [radio]: {
      Power: { value: ["5", "int"], at: 2 },
      Name: { value: 8, at: 2 },
      Channel: { value: 2, at: 2 },
    },
  });
});

test("what is no number replaces type and value", () => {
  const known = learn({}, { at: 1, values: { [radio]: { Power: ["-3", "int"] } } });
  const learned = learn(known, { at: 2, values: { [radio]: { Power: "low" } } });
  assert.deepEqual(learned, { [radio]: { Power: { value: "low", at: 2 } } });
});

test("no value is told as well", () => {
  const learned = learn({}, { at: 1, values: { [radio]: { Power: null } } });
  assert.deepEqual(learned, { [radio]: { Power: { value: null, at: 1 } } });
});

test("what was learned in the same moment as the Inform came stays", () => {
  const known = learn({}, { at: 1, values: { [radio]: { Channel: 1 } } });
  assert.deepEqual(overlay(known, { [radio]: { Channel: 2 } }, 1), known);
});

test("an object stays known while a complete answer tells of anything below it", () => {
  const names = { "Device.WiFi.": { "": false }, "Device.WiFi.Radio.": { "": true }, [radio]: { "": true } };
  const known = learn({}, { at: 1, names });
  const values = { [radio]: { Channel: 1 } };
  assert.deepEqual(learn(known, { at: 2, values, complete: ["Device.WiFi."] }), {
    "Device.WiFi.": { "": { writable: false } },
    "Device.WiFi.Radio.": { "": { writable: true } },
    [radio]: { "": { writable: true }, Channel: { value: 1, at: 2 } },
  });
});

test("the object that was asked for stays known, even where it is empty", () => {
  const names = { "Device.WiFi.": { "": false }, [radio]: { "": true, Channel: true } };
  const known = learn({}, { at: 1, names });
  const learned = learn(known, { at: 2, values: {}, complete: ["Device.WiFi."] });
  assert.deepEqual(learned, { "Device.WiFi.": { "": { writable: false } } });
});

test("a lesson says nothing of objects whose names only begin alike", () => {
  const known = learn({}, { at: 1, values: { "Device.WiFi.Radio.10.": { Channel: 1 } } });
  assert.deepEqual(learn(known, { at: 2, deleted: [radio] }), known);
});

test("a lesson is shared among the top-level objects it tells of, or says something gone in", () => {
  const lesson: Lesson = {
    at: 1,
    values: { [radio]: { Channel: 1 }, "Device.": { Own: "x" } },
    names: { "Device.Time.": { NTP: true } },
    attributes: { "Device.WiFi.": { Flag: { Notification: 1 } } },
    complete: ["Device.Hosts."],
    deleted: ["Device.Users.User.1."],
  };
  const stored = ["Device.Hosts.", "Device.Users.", "Device.Bridging."];
  const parts = lessonParts(lesson, stored);
  assert.deepEqual([...parts.keys()].toSorted(), [
    "Device.",
    "Device.Hosts.",
    "Device.Time.",
    "Device.Users.",
    "Device.WiFi.",
  ]);
  assert.deepEqual(parts.get("Device.WiFi.")?.values, { [radio]: { Channel: 1 } });
  assert.deepEqual(parts.get("Device.WiFi.")?.names, {});
});

const segment = fc.constantFrom("Device", "WiFi", "Radio", "1", "2", "__proto__", "constructor");
const object = fc.array(segment, { maxLength: 4 }).map((names) => names.map((name) => `${name}.`).join(""));
const leaf = fc.constantFrom("", "Channel", "__proto__", "toString");
const value = fc.oneof(fc.string(), fc.boolean(), fc.nat());
const values = fc.dictionary(object, fc.dictionary(leaf, value, { noNullPrototype: true }), {
  noNullPrototype: true,
});
const lessons = fc.record(
  {
    at: fc.nat(5),
    values,
    complete: fc.array(object, { maxLength: 2 }),
    deleted: fc.array(object, { maxLength: 2 }),
  },
  { requiredKeys: ["at"] },
);

test("a lesson, come twice, teaches what it taught", () => {
  fc.assert(
    fc.property(fc.array(lessons, { maxLength: 4 }), lessons, (before, lesson) => {
      const known = before.reduce<LearnedParameters>(learn, {});
      const once = learn(known, lesson);
      assert.deepEqual(sorted(learn(once, lesson)), sorted(once));
    }),
  );
});

test("learnt share by share, a lesson teaches what it teaches at once", () => {
  fc.assert(
    fc.property(fc.array(lessons, { maxLength: 4 }), (taught) => {
      const whole = taught.reduce<LearnedParameters>(learn, {});
      const chunks = taught.reduce<ReadonlyMap<string, LearnedParameters>>(learnInShares, new Map());
      const merged = Object.fromEntries([...chunks.values()].flatMap((chunk) => Object.entries(chunk)));
      assert.deepEqual(sorted(merged), sorted(whole));
    }),
  );
});

test("values told at different times are known alike in whatever order they come", () => {
  fc.assert(
    fc.property(values, values, (earlier, later) => {
      const told: readonly Lesson[] = [
        { at: 1, values: textsOf(earlier) },
        { at: 2, values: textsOf(later) },
      ];
      const forth = told.reduce<LearnedParameters>(learn, {});
      const back = told.toReversed().reduce<LearnedParameters>(learn, {});
      assert.deepEqual(sorted(back), sorted(forth));
    }),
  );
});

test("what is laid over hides nothing that is newer, and invents nothing", () => {
  fc.assert(
    fc.property(values, fc.nat(5), fc.array(lessons, { maxLength: 3 }), (informed, at, before) => {
      const known = before.reduce<LearnedParameters>(learn, {});
      const laid = entriesOf(overlay(known, informed, at));
      const told = entriesOf(learn({}, { at, values: informed }));
      for (const [path, entry] of entriesOf(known)) assert.ok((laid.get(path)?.at ?? -1) >= (entry.at ?? -1));
      for (const path of laid.keys()) assert.ok(told.has(path) || entriesOf(known).has(path));
    }),
  );
});

test("what lies within a path and what does not are the whole", () => {
  fc.assert(
    fc.property(values, object, (told, path) => {
      const known = learn({}, { at: 1, values: told });
      const inside = [...entriesOf(within(known, path)).keys()];
      assert.ok(inside.every((each) => each.startsWith(path)));
      const outside = [...entriesOf(known).keys()].filter((each) => !each.startsWith(path));
      assert.equal(inside.length + outside.length, entriesOf(known).size);
    }),
  );
});

function learnInShares(
  chunks: ReadonlyMap<string, LearnedParameters>,
  lesson: Lesson,
): ReadonlyMap<string, LearnedParameters> {
  const parts = lessonParts(lesson, [...chunks.keys()]);
  const taught = Array.from(parts, ([top, part]) => [top, learn(chunks.get(top) ?? {}, part)] as const);
  for (const [top, chunk] of taught) {
    assert.ok(Object.keys(chunk).every((each) => topLevelObject(each) === top));
  }
  const merged = new Map([...chunks, ...taught]);
  return new Map([...merged].filter(([, chunk]) => Object.keys(chunk).length > 0));
}

type Values = NonNullable<Lesson["values"]>;

function textsOf(told: Values): Values {
  const groups = Object.entries(told).map(([name, group]) => {
    const texts = Object.entries(group).map(([own, each]) => [own, String(each)] as const);
    return [name, Object.fromEntries(texts)] as const;
  });
  return Object.fromEntries(groups);
}

function entriesOf(known: LearnedParameters) {
  const groups = Object.entries(known);
  return new Map(
    groups.flatMap(([name, group]) =>
      Object.entries(group).map(([own, entry]) => [`${name}|${own}`, entry] as const),
    ),
  );
}

/** In an order of its own, so that only what is known counts. */
function sorted(known: LearnedParameters): readonly unknown[] {
  return [...entriesOf(known)].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
