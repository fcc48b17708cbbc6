import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceKey, type DeviceKey } from "@heliograph/protocol";
import { policyName, type PolicyName, type Rollout } from "./policies.ts";
import type { ComplianceCounts, PolicyJoiner } from "./policy-changes.ts";
import { nextStep, paused, resumed, waveOf, worstFirst, type RolloutStanding } from "./rollout.ts";

const NOW = 1_000_000;
const RULES = {
  waves: [0.1, 0.5, 1],
  perSecond: 20,
  pauseMs: 60_000,
  stopAt: { faulted: 10, share: 0.2 },
};
const RUNNING: Rollout = { version: 3, state: "running", wave: 0, since: NOW };
const WATCHING: Rollout = { ...RUNNING, state: "watching" };

test("devices of a wave are begun with at the given rate", () => {
  assert.deepEqual(step({ waiting: 50 }), { type: "begin", count: 20 });
  assert.deepEqual(step({ waiting: 7 }), { type: "begin", count: 7 });
});

test("a wave that is out is watched until its pause is over, and the next one begins", () => {
  assert.deepEqual(step({ counts: { pending: 5 } }), { type: "move", to: { ...WATCHING, since: NOW } });
  const watched = { rollout: WATCHING, counts: { applied: 5 } };
  assert.deepEqual(step(watched, NOW + 59_999), { type: "wait" });
  assert.deepEqual(step(watched, NOW + 60_000), {
    type: "move",
    to: { ...RUNNING, wave: 1, since: NOW + 60_000 },
  });
});

test("of a wave that nobody answers to nobody knows that it went well: the next one does not begin", () => {
  assert.deepEqual(step({ rollout: WATCHING, counts: { pending: 5 } }, NOW + 3_600_000), { type: "wait" });
});

test("a wave in which nobody is is not watched", () => {
  assert.deepEqual(step({}), { type: "move", to: { ...RUNNING, wave: 1 } });
});

test("it is complete once all of the group were begun with", () => {
  const last = { ...RUNNING, wave: 2 };
  assert.deepEqual(step({ rollout: last, counts: { applied: 9 } }), {
    type: "move",
    to: { ...last, state: "complete" },
  });
  const atOnce = { ...RUNNING, atOnce: true } as const;
  assert.deepEqual(step({ rollout: atOnce }), { type: "move", to: { ...atOnce, state: "complete" } });
});

test("it stops where so large a share of those that answered is faulted, however few they are", () => {
  assert.deepEqual(step({ waiting: 50, counts: { pending: 90, applied: 4, faulted: 1 } }), {
    type: "move",
    to: { ...RUNNING, state: "stopped", reason: "1 of the 5 devices that answered are faulted or fighting" },
  });
  assert.equal(step({ waiting: 50, counts: { applied: 5, faulted: 1 } }).type, "begin");
});

test("it stops where so many are faulted or fighting, however small the share, and while it is watched too", () => {
  const counts = { applied: 1_000, faulted: 6, fighting: 4 };
  const stopped = step({ rollout: WATCHING, counts });
  assert.ok(stopped.type === "move");
  assert.equal(stopped.to.state, "stopped");
  assert.equal(step({ rollout: WATCHING, counts: { ...counts, fighting: 3 } }).type, "wait");
});

test("one that is paused, stopped or complete does nothing by itself", () => {
  for (const state of ["paused", "stopped", "complete"] as const) {
    assert.deepEqual(step({ rollout: { ...RUNNING, state }, waiting: 50 }), { type: "wait" });
  }
});

test("a manager who has it go on accepts what is faulted by then, and nothing more", () => {
  const counts = countsOf({ applied: 3, faulted: 2 });
  const stopped: Rollout = { ...RUNNING, state: "stopped", reason: "2 of the 5" };
  const goesOn = resumed({ rollout: stopped, counts }, NOW + 5);
  assert.deepEqual(goesOn, { ...RUNNING, since: NOW + 5, accepted: 2 });
  assert.equal(step({ rollout: goesOn, waiting: 5, counts: { applied: 3, faulted: 2 } }).type, "begin");
  assert.equal(step({ rollout: goesOn, waiting: 5, counts: { applied: 3, faulted: 4 } }).type, "move");
});

test("a wave that is watched ends where a manager says so", () => {
  const goesOn = resumed({ rollout: WATCHING, counts: countsOf({ applied: 1 }) }, NOW + 5);
  assert.deepEqual([goesOn.state, goesOn.wave], ["running", 1]);
  assert.deepEqual(paused({ ...RUNNING, reason: "was" }, NOW + 5), {
    ...RUNNING,
    state: "paused",
    since: NOW + 5,
  });
});

test("each wave has all of the wave before it, and as many as its share says, one at least", () => {
  const members = Array.from({ length: 1_000 }, (_, index) => keyOf(index));
  const waves = [0.01, 0.1, 0.5].map((share) => waveOf(theName("wifi"), members, share));
  assert.deepEqual(
    waves.map(({ length }) => length),
    [10, 100, 500],
  );
  assert.ok(waves[0]?.every((device) => waves[1]?.includes(device)));
  assert.ok(waves[1]?.every((device) => waves[2]?.includes(device)));
  assert.equal(waveOf(theName("wifi"), members.slice(0, 3), 0.01).length, 1);
  assert.deepEqual(waveOf(theName("wifi"), members, 1), members);
});

test("devices that are first with one policy are not the first with another", () => {
  const members = Array.from({ length: 1_000 }, (_, index) => keyOf(index));
  const first = new Set(waveOf(theName("wifi"), members, 0.1));
  const both = waveOf(theName("voice"), members, 0.1).filter((device) => first.has(device));
  assert.ok(both.length < 30, `${both.length} of 100`);
});

test("an earlier version comes to those first that the bad one made faulted, then to those that hold it", () => {
  const [away, held, hurt, told, older, none] = Array.from({ length: 6 }, (_, index) => keyOf(index));
  assert.ok(away !== undefined && held !== undefined && hurt !== undefined && told !== undefined);
  assert.ok(older !== undefined && none !== undefined);
  const joiners: readonly PolicyJoiner[] = [
    { device: away },
    { device: none, version: 2, state: "not-applicable" },
    { device: older, version: 1, state: "faulted" },
    { device: told, version: 2, state: "pending" },
    { device: held, version: 2, state: "drifted" },
    { device: hurt, version: 2, state: "fighting" },
  ];
  assert.deepEqual(worstFirst(joiners, 2), [hurt, held, told, away, none, older]);
});

interface Given {
  readonly rollout?: Rollout;
  readonly waiting?: number;
  readonly counts?: Partial<ComplianceCounts["states"]>;
}

function step({ rollout = RUNNING, waiting = 0, counts = {} }: Given, now = NOW) {
  const standing: RolloutStanding = { rollout, rules: RULES, waiting, counts: countsOf(counts) };
  return nextStep(standing, now);
}

function countsOf(states: Partial<ComplianceCounts["states"]>): ComplianceCounts {
  const none = { pending: 0, applied: 0, faulted: 0, drifted: 0, fighting: 0, "not-applicable": 0 };
  return { states: { ...none, ...states }, older: 0, members: 100 };
}

function keyOf(index: number): DeviceKey {
  const key = deviceKey({ Manufacturer: "A", OUI: "00D09E", ProductClass: "Box", SerialNumber: `${index}` });
  assert.ok(key !== undefined);
  return key;
}

function theName(text: string): PolicyName {
  const name = policyName(text);
  assert.ok(name !== undefined);
  return name;
}
