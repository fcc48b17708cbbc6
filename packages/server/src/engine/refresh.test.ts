import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeDeviceResult, groupedEntries } from "@heliograph/protocol";
import fc from "fast-check";
import type { LearnedParameters, RefreshBounds, RefreshPlan } from "../ports/index.ts";
import { resolveQuirks } from "../ports/quirk-rules.ts";
import { advance, refreshCall, refreshEnd, shownBy } from "./refresh.ts";
import { beginAgain, beginRefresh } from "./refresh-begin.ts";
import { answerOf, readable, type WeakDevice } from "./refresh-device.fixture.ts";

const quirks = resolveQuirks({ device: undefined, modelAndSoftware: undefined, model: undefined });
const bounds: RefreshBounds = { rpcs: 100_000, ms: 1e9, names: 1e6, bytes: 1e9 };
const nothing: LearnedParameters = {};

interface Run {
  readonly plan: RefreshPlan;
  readonly read: ReadonlySet<string>;
  readonly calls: readonly string[];
}

interface Given {
  readonly paths?: readonly string[];
  readonly known?: LearnedParameters;
  readonly bounds?: Partial<RefreshBounds>;
  readonly quirks?: Partial<typeof quirks.values>;
  readonly tookMs?: number;
}

function begin(given: Given): RefreshPlan {
  return beginRefresh({
    paths: given.paths ?? ["Device."],
    bounds: { ...bounds, ...given.bounds },
    root: "Device.",
    known: given.known ?? nothing,
    quirks: { ...quirks, values: { ...quirks.values, ...given.quirks } },
    now: 0,
  });
}

/** Plays a refresh against a device to its end. */
function played(device: WeakDevice, given: Given = {}, from = begin(given)): Run {
  let plan = from;
  const read = new Set<string>();
  const calls: string[] = [];
  for (let now = 0; ;) {
    const call = refreshCall(plan);
    if (call === undefined) return { plan, read, calls };
    assert.ok(calls.length < 50_000, "a refresh comes to its end");
    const { ParameterNames: names, ParameterPath: path } = call.params;
    const asked = Array.isArray(names) ? names.join(" ") : typeof path === "string" ? path : "";
    const tookMs = given.tookMs ?? 10;
    calls.push(`${call.method} ${asked}`);
    const outcome = answerOf(device, call);
    const answer =
      call.method === "GetParameterValues" && outcome?.result !== undefined
        ? decodeDeviceResult("GetParameterValues", outcome.result)
        : undefined;
    if (answer?.ok === true) {
      for (const [name] of groupedEntries(answer.value.ParameterList)) read.add(name);
    }
    now += tookMs;
    // As it would be after a restart.
    plan = advance(structuredClone(plan), { outcome, now, tookMs });
  }
}

/** Trees in which no name is at once a parameter and an object. */
const tree = fc
  .uniqueArray(
    fc
      .array(fc.constantFrom("A", "B", "C", "1", "2", "17"), { minLength: 0, maxLength: 4 })
      .chain((objects) => fc.constantFrom("x", "y", "z", "w").map((leaf) => [...objects, leaf])),
    { minLength: 1, maxLength: 120, selector: (segments) => segments.join(".") },
  )
  .map((all) => all.map((segments) => `Device.${segments.join(".")}`));

const device: fc.Arbitrary<WeakDevice> = tree.chain((names) =>
  fc.record({
    names: fc.constant(names),
    bad: some(names),
    broken: some(names),
    missing: some(names),
    deadly: some(names),
    maxNames: fc.constantFrom(1, 2, 3, 7, 20, 1_000),
    nextLevel: fc.constantFrom("kept", "ignored"),
    emptyPath: fc.constantFrom("answered", "refused"),
    objects: fc.constantFrom("listed", "without-dot"),
  }),
);

function some(names: readonly string[]): fc.Arbitrary<ReadonlySet<string>> {
  return fc.subarray([...names], { maxLength: Math.min(3, names.length) }).map((few) => new Set(few));
}

/** What was known of some of a device's parameters. */
function knownOf(names: readonly string[]): LearnedParameters {
  const known: Record<string, Record<string, { value: string; at: number }>> = {};
  for (const name of names) {
    const end = name.lastIndexOf(".") + 1;
    (known[name.slice(0, end)] ??= {})[name.slice(end)] = { value: "old", at: 0 };
  }
  return known;
}

const paths = fc.constantFrom(
  [""],
  ["Device."],
  ["Device.A.", "Device.B.", "Device.x"],
  ["Device.A.1.", "Device."],
);

test("whatever the device cannot bear, all that can be read is read, and what cannot is named [QUIRKS-TREE-31, QUIRKS-TREE-37]", () => {
  fc.assert(
    fc.property(device, fc.boolean(), (weak, isKnown) => {
      const known = isKnown ? knownOf(weak.names) : nothing;
      const { plan, read } = played(weak, { paths: ["Device."], known });
      const expected = readable(weak);
      assert.deepEqual([...read].sort(), [...expected].sort());
      const named = plan.unreadable.items.map(({ path }) => path);
      assert.deepEqual(named.sort(), weak.names.filter((name) => !expected.includes(name)).sort());
      assert.equal(plan.leftOut.count, 0);
    }),
    { numRuns: 300 },
  );
});

test("the RPCs of a refresh are bounded by the size of the tree, and by a number that it never exceeds [QUIRKS-TREE-35]", () => {
  fc.assert(
    fc.property(device, paths, fc.integer({ min: 1, max: 60 }), (weak, asked, most) => {
      const free = played(weak, { paths: asked });
      const objects = new Set(
        weak.names.flatMap((name) => [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index))),
      );
      assert.ok(
        free.calls.length <= 10 + 4 * objects.size + 4 * weak.names.length,
        `${free.calls.length} RPCs`,
      );
      const bounded = played(weak, { paths: asked, bounds: { rpcs: most } });
      assert.ok(bounded.calls.length <= most);
      assert.equal(bounded.plan.cut === undefined, bounded.plan.leftOut.count === 0);
    }),
    { numRuns: 200 },
  );
});

const ten = Array.from({ length: 10 }, (_, row) =>
  ["a", "b", "c", "d"].map((leaf) => `Device.Table.${row + 1}.${leaf}`),
).flat();
const deep = [...ten, "Device.Info.x", "Device.Info.Part.y", "Device.Info.Part.Deep.z"];

test("a batch shrinks to what the device can bear, and that is learned", () => {
  const { plan, calls } = played({ names: ten, maxNames: 6 }, {});
  assert.deepEqual(shownBy(plan), { "names-per-read": "4" });
  const again = played({ names: ten, maxNames: 6 }, { quirks: { "names-per-read": "4" } });
  assert.ok(again.calls.length < calls.length);
  assert.ok(again.calls.every((call) => call.split(" ").length <= 5));
});

test("one name that fails like too many does not make the others be asked for one by one", () => {
  const { plan } = played({ names: ten, broken: new Set(["Device.Table.5.c"]) }, {});
  assert.deepEqual(shownBy(plan), {});
  assert.deepEqual([plan.batch.size >= 32, plan.unreadable.count], [true, 1]);
});

test("a batch grows while answers are quick, and shrinks where they are slow", () => {
  const many = Array.from({ length: 500 }, (_, index) => `Device.Info.p${index}`);
  const sizes = (tookMs: number) =>
    played({ names: many }, { tookMs })
      .calls.filter((call) => call.startsWith("GetParameterValues"))
      .map((call) => call.split(" ").length - 1);
  assert.deepEqual(sizes(10).slice(0, 3), [32, 64, 128]);
  assert.deepEqual(sizes(11_000).slice(0, 3), [32, 16, 8]);
});

test("without paths, what was known and the first levels are read; what lies deeper is left out, and told", () => {
  const { plan, read } = played({ names: deep }, { paths: [], known: knownOf(ten) });
  assert.deepEqual([...read].sort(), [...ten, "Device.Info.x"].sort());
  assert.deepEqual(plan.leftOut, { count: 1, items: ["Device.Info.Part."] });
  assert.match(refreshEnd(plan, 0)?.reason ?? "", /1 path of which nothing was known was left out: name it/);
});

test("an object that is known to be small is read without being looked at", () => {
  const { calls } = played({ names: ten }, { paths: ["Device.Table."], known: knownOf(ten) });
  const [first, ...others] = calls;
  assert.equal(first, "GetParameterNames Device.Table.");
  assert.ok(
    others.every(
      (call) =>
        call.startsWith("GetParameterValues Device.Table.1. Device.Table.2. ") || !call.includes("Names"),
    ),
  );
});

test("a device that cannot tell one level is read by partial paths", () => {
  const { plan, read } = played(
    { names: ten, nextLevel: "refused" },
    { paths: ["Device.Table.1.", "Device.Table.2."] },
  );
  assert.equal(read.size, 8);
  assert.deepEqual(shownBy(plan), { "next-level": "refused" });
});

test("a refresh ends at its bound of time, of names and of bytes, and says what it left out", () => {
  for (const [bound, expected] of [
    [{ ms: 50 }, /0 s|s: /],
    [{ names: 8 }, /8 parameters/],
    [{ bytes: 60 }, /60 bytes/],
  ] as const) {
    const { plan } = played({ names: deep }, { bounds: bound });
    assert.ok(plan.leftOut.count > 0);
    assert.match(refreshEnd(plan, 0)?.reason ?? "", expected);
    assert.equal(refreshEnd(plan, 0)?.state, "done");
  }
});

test("a refresh of which nothing can be read is one that failed", () => {
  const { plan } = played({ names: ten, bad: new Set(ten) }, { paths: ["Device.Nothing."] });
  assert.equal(refreshEnd(plan, 0)?.state, "faulted");
});

test("after a boot a refresh begins again, and what it spent stays spent", () => {
  const begun = advance(begin({}), {
    outcome: answerOf({ names: ten }, { method: "GetParameterNames", params: { ParameterPath: "Device." } }),
    now: 10,
    tookMs: 10,
  });
  const again = beginAgain(begun, 20);
  assert.deepEqual([again.rpcs, again.startedAt], [1, 0]);
  assert.deepEqual(refreshCall(again)?.params, { ParameterPath: "Device.", NextLevel: true });
  assert.equal(played({ names: ten }, {}, again).read.size, ten.length);
});
