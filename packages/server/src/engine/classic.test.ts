import assert from "node:assert/strict";
import { test } from "node:test";
import { callId, gatewayId } from "../ports/index.ts";
import { nextTime } from "./device.ts";
import {
  aDevice,
  after,
  aLightDevice,
  anOperation,
  asleep,
  at,
  attached,
  claimed,
  closed,
  connected,
  decide,
  effects,
  endings,
  first,
  GRACE_MS,
  opened,
  ready,
  referred,
  second,
} from "./device.fixture.ts";
import { isIdle, type DeviceInput } from "./state.ts";

const get = anOperation("GetParameterValues", {
  params: { ParameterNames: ["Device.DeviceInfo."] },
  reads: true,
});
const add = anOperation("AddObject", { params: { ObjectName: "Device.Hosts." } });
const reboot = anOperation("Reboot", { params: { CommandKey: "k" } });
const answer = { type: "answered", outcome: { result: {} } } as const;
const fault = { type: "answered", outcome: { fault: { code: 9003, message: "Invalid arguments" } } } as const;
const byParameter = {
  offer: { url: "wss://acs.example/light", subprotocol: "cwmp.json", byParameter: true },
} as const;
const lapsed = { device: aLightDevice({ light: { subprotocol: "cwmp.json", lapsed: true } }) };
/** {@link ready} is two seconds into the test. */
const graceOver = at(2) + GRACE_MS;
const graceIsOver: DeviceInput = { type: "time", now: graceOver };

test("a device that is referred is called nothing in its session, and its time counts from the end [LIGHT-HAND-1]", () => {
  const decision = decide(after(referred([get])), ready());
  assert.deepEqual(effects(decision), ["nothing"]);
  assert.equal(nextTime(decision.state), graceOver);
  assert.equal(nextTime(decide(decision.state, closed()).state), graceOver);
});

test("a gateway whose session has nothing to carry rests, and is roused once by what comes meanwhile", () => {
  const resting = after(opened([]));
  const accepted = decide(resting, { type: "accepted", now: at(2), operation: get });
  assert.deepEqual(accepted.effects[0], { type: "rouse", gateway: gatewayId("g"), connection: first });
  const more = decide(accepted.state, { type: "accepted", now: at(2), operation: add });
  assert.equal(effects(more).includes("rouse"), false);
  assert.deepEqual(effects(decide(more.state, ready())), ["claim-call", "call"]);
});

test("new credentials rouse a resting gateway, too", () => {
  const rotated = decide(after(opened([])), { type: "rotated", now: at(2) });
  assert.deepEqual(effects(rotated), ["rouse", "answer-rotate"]);
});

for (const [what, session] of [
  ["work", opened([get])],
  ["credentials to give", opened([], { device: aDevice({ credentials: "none" }) })],
  ["a reference to give", referred([], byParameter)],
  ["a referral", referred([])],
] as const) {
  test(`a gateway whose session has ${what} does not rest`, () => {
    const { connection } = after(session);
    assert.ok(connection?.transport === "classic");
    assert.equal(connection.resting, undefined);
  });
}

test("a session that hands over, and of which nothing more is heard, keeps no work waiting for good", () => {
  const decision = decide(after(referred([])), { type: "accepted", now: at(2), operation: get });
  const lapses = nextTime(decision.state);
  assert.ok(lapses !== undefined && lapses <= at(120), "its work does not wait for it to expire");
  assert.deepEqual(effects(decide(decision.state, { type: "time", now: lapses })), ["lapse-device", "wake"]);
});

test("a session that is cut before it ends gives the device its time from there", () => {
  assert.equal(nextTime(after(referred([get]), closed())), at(3) + GRACE_MS);
});

test("a device that takes its reference as parameters is called nothing but that [LIGHT-HAND-1, LIGHT-REFER-5]", () => {
  const given = decide(after(referred([get], byParameter)), ready());
  assert.deepEqual(effects(given), ["send-reference"]);
  for (const outcome of [answer, fault]) {
    const over = decide(given.state, ready(outcome));
    assert.deepEqual(effects(over), ["nothing"]);
    assert.equal(over.state.graceUntil, graceOver);
    assert.deepEqual(over.state.out, []);
  }
});

test("work that comes while the device is expected waits for it, and wakes nobody", () => {
  const accepted: DeviceInput = { type: "accepted", now: at(2), operation: get };
  for (const state of [
    after(referred([])),
    after(referred([]), ready()),
    after(referred([]), ready(), closed()),
  ]) {
    const decision = decide(state, accepted);
    assert.deepEqual(effects(decision), []);
    assert.equal(decision.state.wake.nextAt, undefined);
  }
});

test("a device that opens its light connection in time is called over it", () => {
  const expected = after(referred([get]), ready(), closed());
  const here = decide(expected, connected([get])).state;
  assert.equal(here.graceUntil, undefined);
  assert.deepEqual(effects(decide(here, attached())), ["claim-call", "call"]);
});

test("a device that does not come in time has lapsed: its work wakes it [LIGHT-HAND-2]", () => {
  const expected = after(referred([get]), ready(), closed());
  assert.deepEqual(effects(decide(expected, { type: "time", now: graceOver - 1 })), []);
  const decision = decide(expected, graceIsOver);
  assert.deepEqual(effects(decision), ["lapse-device", "wake"]);
  assert.equal(decision.state.graceUntil, undefined);
});

test("a device without work lapses, and is forgotten", () => {
  const expected = after(referred([]), ready(), closed());
  assert.equal(isIdle(expected), false, "its time runs");
  const decision = decide(expected, graceIsOver);
  assert.deepEqual(effects(decision), ["lapse-device"]);
  assert.equal(isIdle(decision.state), true);
});

test("the sessions of a device that lapsed are served, and it is referred all the same [LIGHT-HAND-2, LIGHT-HAND-3]", () => {
  assert.deepEqual(effects(decide(after(referred([get], lapsed)), ready())), ["claim-call", "call"]);
  const byItsParameters = decide(after(referred([get], { ...lapsed, ...byParameter })), ready());
  assert.deepEqual(effects(byItsParameters), ["send-reference"]);
  const served = decide(byItsParameters.state, ready(answer));
  assert.deepEqual(effects(served), ["claim-call", "call"]);
  assert.equal(served.state.graceUntil, undefined);
});

test("a device that informs ever again and never comes lapses all the same [LIGHT-HAND-2]", () => {
  const again = referred([get], { connection: second, generation: 2, now: at(25) });
  const secondReady: DeviceInput = { type: "ready", now: at(26), connection: second, generation: 2 };
  const expected = after(referred([get]), ready(), closed(), again, secondReady);
  assert.equal(expected.graceUntil, graceOver);
});

test("a session that is open when its device lapses serves from then on", () => {
  const again = referred([get], { connection: second, generation: 2, now: at(25) });
  const inSession = after(referred([get]), ready(), closed(), again);
  const decision = decide(inSession, graceIsOver);
  assert.deepEqual(effects(decision), ["lapse-device", "wake"]);
  const next = decide(decision.state, { type: "ready", now: at(40), connection: second, generation: 2 });
  assert.deepEqual(effects(next), ["claim-call", "call"]);
});

test("a device that says nothing of the light transport any more is served at once [LIGHT-REFER-9]", () => {
  const plain = opened([get], { connection: second, generation: 2, device: aDevice() });
  const state = after(referred([get]), ready(), closed(), plain);
  assert.equal(state.graceUntil, undefined);
  const next = decide(state, { type: "ready", now: at(4), connection: second, generation: 2 });
  assert.deepEqual(effects(next), ["claim-call", "call"]);
});

test("a session that hands over gives no credentials", () => {
  const device = aLightDevice({ credentials: "none" });
  assert.deepEqual(effects(decide(after(referred([], { device })), ready())), ["nothing"]);
});

test("a call that must not run twice waits for the device that is expected, and not for one that has lapsed", () => {
  const left = [claimed(add)];
  const expected = decide(asleep, referred(left));
  assert.deepEqual(effects(expected), [], "it may owe the answer");
  const over = decide(after(referred(left), ready(), closed()), graceIsOver);
  assert.deepEqual(effects(over), ["lapse-device", "end-operation"]);
  assert.deepEqual(endings(over), ["outcome-unknown"]);
  assert.deepEqual(endings(decide(asleep, referred(left, lapsed))), ["outcome-unknown"]);
});

test("a reboot that was lost waits for the Inform after it, also where the device lapses", () => {
  const over = decide(after(referred([claimed(reboot)]), ready(), closed()), graceIsOver);
  assert.deepEqual(effects(over), ["lapse-device"]);
  const proof = { code: "M Reboot", commandKey: "k" };
  const next = referred([claimed(reboot)], { ...lapsed, events: [proof] });
  assert.deepEqual(effects(decide(over.state, next)), ["record-outcome"]);
});

test("what a device that is expected left undone when it booted is not waited for", () => {
  const boot = { code: "1 BOOT", commandKey: "" };
  assert.deepEqual(endings(decide(asleep, referred([claimed(add)], { events: [boot] }))), [
    "outcome-unknown",
  ]);
});

test("a read that a device was asked before it was referred is asked again over the light connection", () => {
  const decision = decide(asleep, referred([claimed(get)]));
  assert.deepEqual(effects(decision), ["release-call"]);
  const over = decide(decision.state, ready());
  assert.deepEqual(effects(over), ["nothing"]);
});

test("a call of which its session never heard was not sent: it waits for the next one, and the device is woken", () => {
  const calling = after(opened([reboot]), ready());
  const before = { callId: callId("before"), outcome: answer };
  for (const told of [{}, { ended: before }]) {
    const over = { ...told, type: "closed", now: at(3), connection: first, generation: 1 } as const;
    const decision = decide(calling, { ...over, unheard: true });
    assert.deepEqual(effects(decision), ["release-call", "wake"]);
    assert.equal(decision.state.queue[0]?.claim, undefined);
    assert.ok(!effects(decide(calling, over)).includes("release-call"), "else it may have run");
  }
});

test("a session that ends takes its call with it, also where its gateway speaks of another", () => {
  const calling = after(opened([get]), ready());
  const ended = { callId: callId("another"), outcome: answer };
  const decision = decide(calling, { type: "closed", now: at(3), connection: first, generation: 1, ended });
  assert.deepEqual(decision.state.out, []);
  assert.deepEqual(effects(decision), ["release-call", "record-strain", "wake"]);
});
