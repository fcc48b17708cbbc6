import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  Campaign,
  CampaignCounts,
  CampaignRules,
  CampaignStanding,
  CampaignState,
} from "../ports/index.ts";
import { campaignId } from "../ports/index.ts";
import { nextStep, type CampaignStep } from "./campaign-step.ts";

const HOUR_MS = 3_600_000;
/** Midnight, UTC. */
const NIGHT = Date.UTC(2027, 0, 15);

test("devices are noted once the start has come, and not before", () => {
  const planned = aCampaign({ state: "planned", startsAt: NIGHT + HOUR_MS });
  assert.deepEqual(nextStep(planned, at(0)), { type: "rest" });
  assert.deepEqual(nextStep(planned, at(1)), { type: "gather" });
});

test("a campaign whose start comes after its end is over", () => {
  const late = aCampaign({ state: "planned", startsAt: NIGHT, endsAt: NIGHT + HOUR_MS });
  assert.deepEqual(nextStep(late, at(2)), { type: "move", to: "over" });
});

test("no more devices are begun with than the pace allows, than may be at it at once, and than wait", () => {
  const count = (counts: Partial<CampaignCounts>, allowed: number) => begun(aCampaign({ counts }), allowed);
  assert.equal(count({ waiting: 100 }, 5), 5);
  assert.equal(count({ waiting: 100, begun: 8 }, 5), 2);
  assert.equal(count({ waiting: 3 }, 5), 3);
  assert.equal(count({ waiting: 100, begun: 10 }, 5), undefined);
  assert.equal(count({ waiting: 100 }, 0), undefined);
});

test("a device that has not come keeps no other from its turn", () => {
  assert.equal(begun(aCampaign({ counts: { waiting: 100, asleep: 90 } }), 5), 5);
});

test("it stops where as many have failed as it bears, whoever did not come", () => {
  const rules = { stop: { failures: 3 } };
  const failing = (counts: Partial<CampaignCounts>) =>
    aCampaign({ rules, counts: { waiting: 9, ...counts } });
  assert.equal(nextStep(failing({ faulted: 2, "not-reached": 50, skipped: 50 }), at(0)).type, "begin");
  assert.deepEqual(nextStep(failing({ faulted: 2, unknown: 1 }), at(0)), {
    ...{ type: "move", to: "stopped" },
    reason: "3 failed",
  });
});

test("a share of failures is judged once ten have ended", () => {
  const rules = { stop: { share: 0.2 } };
  const failing = (counts: Partial<CampaignCounts>) => nextStep(aCampaign({ rules, counts }), at(0));
  assert.equal(failing({ waiting: 9, faulted: 1, done: 1 }).type, "begin");
  assert.equal(failing({ waiting: 9, faulted: 1, done: 9 }).type, "begin");
  assert.deepEqual(failing({ waiting: 9, faulted: 2, done: 8 }), {
    ...{ type: "move", to: "stopped" },
    reason: "2 of 10 that ended failed",
  });
  assert.deepEqual(failing({ faulted: 6, done: 8 }), OVER);
});

test("outside its hours nothing is begun, and what is begun ends with them", () => {
  const nights = aCampaign({ rules: { hours: { from: 23, to: 2 } }, counts: { waiting: 1 } });
  const until = (hours: number) => {
    const step = nextStep(nights, at(hours));
    return step.type === "begin" ? (step.expiresAt - NIGHT) / HOUR_MS : step.type;
  };
  assert.deepEqual([until(0), until(1.5), until(2), until(12), until(23)], [2, 2, "rest", "rest", 26]);
});

test("hours that end where they begin are the whole day, a day at a time", () => {
  const always = aCampaign({ rules: { hours: { from: 6, to: 6 } }, counts: { waiting: 1 } });
  const step = nextStep(always, at(0));
  assert.ok(step.type === "begin");
  assert.equal(step.expiresAt, NIGHT + 6 * HOUR_MS);
});

test("it is over once every device has ended, or its time has and nobody is at it", () => {
  assert.deepEqual(nextStep(aCampaign({ counts: { done: 5, faulted: 1 } }), at(0)), OVER);
  assert.deepEqual(nextStep(aCampaign({ counts: { asleep: 1 } }), at(0)), { type: "rest" });
  assert.deepEqual(nextStep(aCampaign({ counts: { waiting: 5 } }), at(48)), OVER);
  assert.deepEqual(nextStep(aCampaign({ counts: { waiting: 5, begun: 1 } }), at(48)), { type: "rest" });
  assert.deepEqual(nextStep(aCampaign({ state: "paused", counts: { waiting: 5 } }), at(48)), OVER);
});

test("one that was stopped or cancelled takes back what has not left; one that is paused does not", () => {
  const counts = { waiting: 5, asleep: 2 };
  assert.deepEqual(nextStep(aCampaign({ state: "paused", counts }), at(0)), { type: "rest" });
  assert.deepEqual(nextStep(aCampaign({ state: "stopped", counts }), at(0)), { type: "withdraw" });
  assert.deepEqual(nextStep(aCampaign({ state: "cancelled", counts }), at(0)), { type: "withdraw" });
  assert.deepEqual(nextStep(aCampaign({ state: "cancelled", counts: { waiting: 5 } }), at(0)), {
    type: "close",
  });
  assert.deepEqual(nextStep(aCampaign({ state: "over" }), at(0)), { type: "close" });
});

const OVER: CampaignStep = { type: "move", to: "over" };

function begun(standing: CampaignStanding, allowed: number): number | undefined {
  const step = nextStep(standing, { now: NIGHT, allowed });
  return step.type === "begin" ? step.count : undefined;
}

function at(hours: number): { readonly now: number; readonly allowed: number } {
  return { now: NIGHT + hours * HOUR_MS, allowed: 5 };
}

interface Changes extends Partial<Pick<Campaign, "startsAt" | "endsAt">> {
  readonly state?: CampaignState;
  readonly rules?: Partial<CampaignRules>;
  readonly counts?: Partial<CampaignCounts>;
}

/** It runs until two days are over. */
function aCampaign({ state = "running", rules, counts, ...times }: Changes): CampaignStanding {
  const id = campaignId("0".repeat(16));
  assert.ok(id);
  return {
    campaign: {
      ...{ id, description: "", of: { type: "expression", expression: "true" }, manager: "admin" },
      rpcs: [{ method: "Reboot", params: {} }],
      rules: { pace: { perSecond: 5, atOnce: 10 }, stop: {}, ...rules },
      ...{ createdAt: NIGHT, startsAt: NIGHT, endsAt: NIGHT + 48 * HOUR_MS, ...times },
    },
    ...{ state, since: NIGHT, faults: [] },
    counts: {
      ...{ waiting: 0, begun: 0, asleep: 0, done: 0, faulted: 0 },
      ...{ unknown: 0, "not-reached": 0, withdrawn: 0, skipped: 0 },
      ...counts,
    },
  };
}
