import assert from "node:assert/strict";
import { test } from "node:test";
import { quirkBook } from "../../ports/index.ts";
import type { KnownQuirks, ResolvedQuirks } from "../../ports/index.ts";
import { mannerOf, noteHabits, observedIn, probesAtFirst } from "./habits.ts";
import type { Meaning } from "./reading.ts";

const answer: Meaning = {
  type: "input",
  input: { type: "answer", id: "1", method: "Reboot", outcome: { result: {} } },
};
const namespace = "urn:dslforum-org:cwmp-1-0";

function quirks(known: Partial<KnownQuirks> = {}): ResolvedQuirks {
  const holder = { deviceId: { OUI: "00D09E", ProductClass: "Box" }, facts: {} };
  return quirkBook([]).of({ ...holder, quirks: { set: {}, learned: {}, ...known } });
}

const note = { since: 1 } as const;

function session() {
  return { cookies: undefined, probes: undefined, probed: undefined, challenged: false };
}

const bare = { cookies: "returned", authorization: undefined } as const;
const authorized = { cookies: "returned", authorization: "Digest …" } as const;

test("a device is written to as it writes itself [QUIRKS-MESSAGE-1, QUIRKS-MESSAGE-28]", () => {
  const style = { declaration: true, booleans: "words" } as const;
  assert.deepEqual(mannerOf({ namespace, style, quirks: quirks() }), { namespace, style });
});

test("what a person says of a device comes before how it writes [QUIRKS-MESSAGE-2]", () => {
  const set = {
    declaration: { value: "present", ...note },
    booleans: { value: "digits", ...note },
  } as const;
  const style = { declaration: false, booleans: "words" } as const;
  assert.deepEqual(mannerOf({ namespace, style, quirks: quirks({ set }) }).style, {
    declaration: true,
    booleans: "digits",
  });
});

test("until a device has shown how it writes its booleans, what was learned before holds", () => {
  const learned = { booleans: { value: "words", ...note } } as const;
  const written = { namespace, style: { declaration: false }, quirks: quirks({ learned }) };
  assert.equal(mannerOf(written).style.booleans, "words");
});

test("an answer that comes with the Authorization it was challenged for proves that its empty POST was a probe", () => {
  const probing = { ...session(), challenged: true };
  noteHabits(probing, authorized, answer);
  assert.equal(probing.probed, "yes");
});

test("an answer of a device that was not challenged proves that its empty POSTs are meant", () => {
  for (const brought of [bare, authorized]) {
    const plain = session();
    noteHabits(plain, brought, answer);
    assert.deepEqual([plain.probed, plain.probes], ["no", false]);
  }
  const challenged = { ...session(), challenged: true };
  noteHabits(challenged, bare, answer);
  assert.equal(challenged.probed, undefined);
});

test("a request of the device proves nothing of its empty POSTs", () => {
  const asking = { ...session(), challenged: true };
  noteHabits(asking, authorized, { type: "fault", code: 8000 });
  assert.equal(asking.probed, undefined);
  assert.equal(asking.cookies, "returned");
});

test("whether empty POSTs are probes is what a person says, else what the connection or the past shows", () => {
  const yes = { "empty-post-probes": { value: "yes", ...note } } as const;
  const no = { "empty-post-probes": { value: "no", ...note } } as const;
  assert.equal(probesAtFirst(false, quirks()), undefined);
  assert.equal(probesAtFirst(true, quirks()), true);
  assert.equal(probesAtFirst(false, quirks({ learned: yes })), true);
  assert.equal(probesAtFirst(true, quirks({ set: no, learned: yes })), false);
});

test("of a session is learned what the device showed, by the Inform, its answers and its cookies", () => {
  const shown = {
    declares: true,
    style: { booleans: "words" },
    probed: "yes",
    cookies: "not-returned",
  } as const;
  assert.deepEqual(observedIn(shown), {
    declaration: "present",
    booleans: "words",
    "empty-post-probes": "yes",
    cookies: "not-returned",
  });
});
