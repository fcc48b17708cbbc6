import assert from "node:assert/strict";
import { test } from "node:test";
import {
  HIDDEN,
  webhookId,
  type EventRecord,
  type WebhookFailing,
  type WebhookStanding,
} from "../ports/index.ts";
import { key } from "./device.fixture.ts";
import { failAgain, nextTurn, resentLetters } from "./webhook-turn.ts";

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

test("events are sent in their order, as managers see them and without secrets", () => {
  const turn = nextTurn(aHook(), [anEvent(7, { data: { KeyPassphrase: "x", a: 1 } }), anEvent(8)], {
    now: NOW,
  });
  assert.ok(turn.type === "send");
  assert.deepEqual([turn.to, turn.letter.at], [8, NOW]);
  const at = new Date(NOW).toISOString();
  const read: unknown = JSON.parse(turn.letter.body);
  assert.deepEqual(read, {
    webhook: "1".repeat(16),
    events: [
      { id: 7, at, name: "boot", device: key, data: { KeyPassphrase: HIDDEN, a: 1 } },
      { id: 8, at, name: "boot", device: key, data: {} },
    ],
  });
});

test("what is not meant is passed by, and settled with what is sent", () => {
  const hook = aHook({ events: ["boot"] });
  assert.deepEqual(
    nextTurn(hook, [anEvent(1, { name: "wake" }), anEvent(2, { name: "wake" })], { now: NOW }),
    {
      ...{ type: "pass", to: 2 },
    },
  );
  const turn = nextTurn(hook, [anEvent(1), anEvent(2, { name: "wake" })], { now: NOW });
  assert.ok(turn.type === "send");
  assert.equal(turn.to, 2);
  assert.equal(count(turn.letter.body), 1);
  assert.deepEqual(nextTurn(hook, [], { now: NOW }), { type: "rest" });
});

test("a star in a name stands for any characters, and of operations only the states that are asked for are sent", () => {
  const names = ["policy-applied", "operation", "boot", "m-reboot"];
  const events = names.map((name, index) => anEvent(index + 1, { name, data: { state: "done" } }));
  const sent = (hook: WebhookStanding): number => {
    const turn = nextTurn(hook, events, { now: NOW });
    return turn.type === "send" ? count(turn.letter.body) : 0;
  };
  assert.equal(sent(aHook({ events: ["policy-*"] })), 1);
  assert.equal(sent(aHook({ events: ["*boot"] })), 2);
  assert.equal(sent(aHook({ events: ["*"] })), 4);
  assert.equal(sent(aHook({ states: ["faulted", "expired"] })), 3);
  assert.equal(sent(aHook({ events: ["operation"], states: ["faulted", "done"] })), 1);
  assert.equal(sent(aHook({ events: ["operation"], states: [] })), 0);
});

test("of a webhook for some devices only events of these are sent", () => {
  const hook = aHook({ where: "has tag" });
  const events = [anEvent(1), anEvent(2)];
  const covering = nextTurn(hook, events, { now: NOW, covered: new Set([key]) });
  assert.ok(covering.type === "send");
  assert.equal(count(covering.letter.body), 2);
  assert.deepEqual(nextTurn(hook, events, { now: NOW, covered: new Set() }), { type: "pass", to: 2 });
  assert.deepEqual(resentLetters(hook.webhook, events, { now: NOW, covered: new Set() }), []);
});

test("a letter has at most a hundred events and not many characters, but one event in any case", () => {
  const many = Array.from({ length: 150 }, (_, index) => anEvent(index + 1));
  const turn = nextTurn(aHook(), many, { now: NOW });
  assert.ok(turn.type === "send");
  assert.equal(turn.to, 100);
  const large = "x".repeat(300_000);
  const big = nextTurn(aHook(), [anEvent(1, { data: { large } }), anEvent(2)], { now: NOW });
  assert.ok(big.type === "send");
  assert.equal(big.to, 1);
});

test("what failed is not sent again before its time", () => {
  const hook = aHook({}, failing({ nextAt: NOW + 1 }));
  assert.deepEqual(nextTurn(hook, [anEvent(1)], { now: NOW }), { type: "rest" });
  assert.equal(nextTurn(hook, [anEvent(1)], { now: NOW + 1 }).type, "send");
});

test("what could not be sent for a day is given up, as far as it is a day old", () => {
  const events = [anEvent(1, hoursAgo(30)), anEvent(2, hoursAgo(25)), anEvent(3, hoursAgo(1))];
  const hook = aHook({}, failing({ since: NOW - 24 * HOUR_MS }));
  assert.deepEqual(nextTurn(hook, events, { now: NOW }), { type: "bury", first: 1, last: 2 });
  assert.equal(nextTurn(hook, events.slice(2), { now: NOW }).type, "send");
  const young = aHook({}, failing({ since: NOW - 23 * HOUR_MS }));
  assert.equal(nextTurn(young, events, { now: NOW }).type, "send");
  // Old events of a webhook that does not fail are sent like others.
  assert.equal(nextTurn(aHook(), events, { now: NOW }).type, "send");
});

test("each failure is followed by a longer pause, an hour at most, which is never the same for all", () => {
  let failed: WebhookFailing | undefined;
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 14; attempt += 1) {
    failed = failAgain(failed, "no", { now: NOW, chance: 0.999 });
    pauses.push(failed.nextAt - NOW);
  }
  assert.ok(pauses.every((pause, index) => pause >= (pauses[index - 1] ?? 0)));
  assert.ok((pauses[0] ?? 0) <= 5_000 && (pauses.at(-1) ?? 0) <= HOUR_MS);
  assert.equal(failed?.since, NOW);
  const early = failAgain(failed, "no", { now: NOW, chance: 0 });
  assert.equal(early.nextAt - NOW, HOUR_MS / 2);
});

test("what is sent again is cut into letters like what is sent at first", () => {
  const many = Array.from({ length: 150 }, (_, index) => anEvent(index + 1));
  const letters = resentLetters(aHook().webhook, [...many, anEvent(200, { name: "wake" })], { now: NOW });
  assert.deepEqual(
    letters.map(({ body }) => count(body)),
    [100, 51],
  );
  assert.deepEqual(resentLetters(aHook({ events: ["wake"] }).webhook, many, { now: NOW }), []);
});

function count(body: string): number {
  return [...body.matchAll(/"id":\d+,"at":/g)].length;
}

function hoursAgo(hours: number): Partial<EventRecord> {
  return { at: NOW - hours * HOUR_MS };
}

function anEvent(id: number, changes: Partial<EventRecord> = {}): EventRecord {
  return { id, at: NOW, device: key, name: "boot", data: {}, ...changes };
}

function failing(changes: Partial<WebhookFailing>): WebhookFailing {
  return { since: NOW - 1, attempts: 1, nextAt: NOW, reason: "no", ...changes };
}

function aHook(changes: Partial<WebhookStanding["webhook"]> = {}, failed?: WebhookFailing): WebhookStanding {
  const id = webhookId("1".repeat(16));
  assert.ok(id);
  return {
    webhook: {
      ...{ id, url: "https://hooks.example/", events: [], secret: "sealed", manager: "admin" },
      ...{ createdAt: NOW, ...changes },
    },
    position: 0,
    deadLetters: 0,
    ...(failed === undefined ? {} : { failing: failed }),
  };
}
