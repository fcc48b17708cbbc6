import assert from "node:assert/strict";
import { test } from "node:test";
import { callId } from "../ports/index.ts";
import { nextTime } from "./device.ts";
import {
  aDevice,
  after,
  anId,
  anOperation,
  asleep,
  at,
  claimed,
  closed,
  decide,
  effects,
  fresh,
  opened,
  ready,
  second,
} from "./device.fixture.ts";
import type { DeviceInput } from "./state.ts";

const get = anOperation("GetParameterValues", { params: { ParameterNames: ["Device.DeviceInfo."] } });
const reboot = anOperation("Reboot", { params: { CommandKey: "k" } });
const answer = { type: "answered", outcome: { result: {} } } as const;
const fault = { type: "answered", outcome: { fault: { code: 9001, message: "Request denied" } } } as const;
const silent = { type: "no-answer", detail: "the link broke" } as const;
const woken = (result: "accepted" | "unreachable" | "forbidden", seconds: number): DeviceInput => ({
  type: "woken",
  now: at(seconds),
  outcome: { at: at(seconds), result, detail: "tried" },
});

test("work for a sleeping device sends one connection request, however much work comes", () => {
  const one = decide(asleep, { type: "accepted", now: at(0), operation: get });
  const two = decide(one.state, { type: "accepted", now: at(1), operation: { ...reboot, id: anId("b") } });
  assert.deepEqual(effects(one), ["wake"]);
  assert.deepEqual(effects(two), []);
  assert.equal(two.state.queue.length, 2);
});

test("new work sends a connection request during a classic session as well", () => {
  const inSession = after(opened([get]));
  const accepted = decide(inSession, { type: "accepted", now: at(2), operation: reboot });
  assert.deepEqual(effects(accepted), ["wake"]);
});

test("a call is marked in the store before it is handed to the gateway", () => {
  const decision = decide(after(opened([get])), ready());
  assert.deepEqual(effects(decision), ["claim-call", "call"]);
  assert.equal(decision.state.queue[0]?.state, "running");
});

test("an answer and the next call are one step, the answer first", () => {
  const other = { ...reboot, id: anId("b"), sequence: 2 };
  const calling = after(opened([get, other]), ready());
  const decision = decide(calling, ready(answer));
  assert.deepEqual(effects(decision), ["record-outcome", "claim-call", "call"]);
  assert.deepEqual(
    decision.state.queue.map((operation) => operation.id),
    [other.id],
  );
});

test("a session without work ends at once", () => {
  assert.deepEqual(effects(decide(after(opened([])), ready())), ["nothing"]);
});

test("a sequence runs its RPCs in order and stops at the first fault", () => {
  const two = { ...get, rpcs: [...get.rpcs, ...reboot.rpcs] };
  const second_ = decide(after(opened([two]), ready()), ready(answer));
  assert.equal(second_.state.queue[0]?.outcomes.length, 1);
  const over = decide(second_.state, ready(fault));
  assert.deepEqual(over.state.queue, []);
  assert.deepEqual(effects(over), ["record-outcome", "nothing"]);
});

test("who holds an older connection is told so", () => {
  const newer = after(opened([get], { connection: second, generation: 2 }));
  assert.deepEqual(effects(decide(newer, ready())), ["superseded"]);
});

test("a read whose answer was lost is asked again", () => {
  const decision = decide(after(opened([get]), ready()), closed(silent));
  assert.deepEqual(effects(decision), ["release-call", "wake"]);
  assert.equal(decision.state.queue[0]?.state, "queued");
});

test("a read that is never answered is given up after five sendings", () => {
  const tired = { ...get, attempts: 4 };
  const decision = decide(after(opened([tired]), ready()), closed(silent));
  assert.deepEqual(effects(decision), ["end-operation"]);
});

test("a read that a device passes over in silence is given up, and the work behind it goes on", () => {
  const other = { ...get, id: anId("b"), sequence: 2 };
  const decision = decide(after(opened([get, other]), ready()), ready(silent));
  assert.deepEqual(effects(decision), ["end-operation", "claim-call", "call"]);
});

test("a call that never left is asked again, whatever it is", () => {
  const decision = decide(after(opened([reboot]), ready()), closed({ type: "not-sent" }));
  assert.deepEqual(effects(decision), ["release-call", "wake"]);
});

test("a reboot whose answer was lost is not sent again, and waits for the device to tell", () => {
  const decision = decide(after(opened([reboot]), ready()), closed(silent));
  assert.deepEqual(effects(decision), []);
  assert.equal(decision.state.queue[0]?.state, "running");
  const again = decide(decision.state, opened([claimed(reboot)], { connection: second }));
  assert.deepEqual(effects(again), ["end-operation"]);
});

test("the M event with its CommandKey proves that a lost reboot ran, wherever it stands [CWMP-EVENT-4, CWMP-EVENT-9]", () => {
  const proof = { code: "M Reboot", commandKey: "k" };
  const others = [
    { code: "M Reboot", commandKey: "other" },
    { code: "1 BOOT", commandKey: "" },
  ];
  for (const events of [[proof], [proof, ...others], [...others, proof]]) {
    assert.deepEqual(effects(decide(asleep, opened([claimed(reboot)], { events }))), ["record-outcome"]);
  }
});

for (const [code, isProof] of [
  ["M Download", true],
  ["7 TRANSFER COMPLETE", true],
  ["M Upload", false],
  ["8 DIAGNOSTICS COMPLETE", false],
] as const) {
  test(`the CommandKey of a lost Download on ${code} ${isProof ? "proves that it ran" : "proves nothing"} [CWMP-EVENT-14]`, () => {
    const params = { CommandKey: "k", FileType: "2 Web Content", URL: "http://files/f" };
    const download = claimed(anOperation("Download", { params }));
    const others = ["M Download", "7 TRANSFER COMPLETE"].map((other) => ({ code: other, commandKey: "" }));
    const events = [{ code, commandKey: "k" }, ...others.filter((other) => other.code !== code)];
    const ends = isProof ? ["record-outcome"] : ["end-operation"];
    assert.deepEqual(effects(decide(asleep, opened([download], { events }))), ends);
  });
}

test("the M event of another CommandKey proves nothing", () => {
  const events = [{ code: "M Reboot", commandKey: "other" }];
  assert.deepEqual(effects(decide(asleep, opened([claimed(reboot)], { events }))), ["end-operation"]);
});

test("an RPC that must not run twice and leaves no evidence ends as outcome unknown at once", () => {
  const add = anOperation("AddObject", { params: { ObjectName: "Device.Hosts." } });
  const decision = decide(after(opened([add]), ready()), closed(silent));
  assert.deepEqual(effects(decision), ["end-operation"]);
  const [effect] = decision.effects;
  assert.ok(effect?.type === "commit" && effect.change.type === "end-operation");
  assert.equal(effect.change.change.end.state, "outcome-unknown");
});

test("a vendor RPC is never sent twice", () => {
  const vendor = anOperation("X_00D09E_Dump");
  assert.deepEqual(effects(decide(after(opened([vendor]), ready()), closed(silent))), ["end-operation"]);
});

test("an engine that starts settles the calls that an earlier one left", () => {
  const resumed: DeviceInput = { type: "resumed", now: at(9) };
  const read = decide({ ...asleep, queue: [claimed(get)] }, resumed);
  assert.deepEqual(effects(read), ["release-call", "wake"]);
  const write = decide({ ...asleep, queue: [claimed(reboot)] }, resumed);
  assert.deepEqual(effects(write), []);
  assert.equal(write.state.wake.nextAt, at(120), "a device that may be rebooting is left alone for a while");
});

test("a device that may be woken again is, after a pause that doubles [CWMP-CONNREQ-6]", () => {
  const one = after({ type: "accepted", now: at(0), operation: get }, woken("unreachable", 1));
  assert.equal(nextTime(one), at(31));
  const two = [{ type: "time", now: at(31) } as const, woken("unreachable", 32)].reduce(
    (state, input) => decide(state, input).state,
    one,
  );
  assert.equal(nextTime(two), at(92));
});

test("new work does not hurry a device that was asked to come and has not come yet [CWMP-CONNREQ-6]", () => {
  const asked = after({ type: "accepted", now: at(0), operation: get }, woken("accepted", 1));
  const more = decide(asked, { type: "accepted", now: at(5), operation: { ...reboot, id: anId("b") } });
  assert.deepEqual(effects(more), []);
  assert.equal(nextTime(more.state), at(31));
});

test("a device that cannot be woken is not asked again before it informs", () => {
  const state = after({ type: "accepted", now: at(0), operation: get }, woken("forbidden", 1));
  assert.equal(state.wake.nextAt, undefined);
  assert.equal(nextTime(state), get.expiresAt);
});

test("a session that opens before its connection request is answered counts as the answer", () => {
  const calling = after({ type: "accepted", now: at(0), operation: get }, opened([get]), ready());
  const late = decide(calling, woken("accepted", 3));
  assert.equal(late.state.wake.attempts, 0);
  const next = decide(decide(late.state, ready(answer)).state, {
    type: "accepted",
    now: at(4),
    operation: reboot,
  });
  assert.deepEqual(effects(next), ["wake"], "the next operation need not wait");
});

test("work that waits too long expires; what was sent by then may have run", () => {
  const waiting = decide({ ...asleep, queue: [get] }, { type: "time", now: get.expiresAt });
  const sent = decide({ ...asleep, queue: [claimed(reboot)] }, { type: "time", now: reboot.expiresAt });
  const states = [waiting, sent].map(({ effects: [effect] }) => {
    assert.ok(effect?.type === "commit" && effect.change.type === "end-operation");
    return effect.change.change.end.state;
  });
  assert.deepEqual(states, ["expired", "outcome-unknown"]);
});

test("an operation that waits can be cancelled, one whose call is out cannot", () => {
  const cancel: DeviceInput = { type: "cancel", now: at(5), operation: get.id, manager: "tester" };
  assert.deepEqual(effects(decide({ ...asleep, queue: [get] }, cancel)), ["end-operation", "answer-cancel"]);
  assert.deepEqual(effects(decide({ ...asleep, queue: [claimed(get)] }, cancel)), ["answer-cancel"]);
  assert.deepEqual(effects(decide(asleep, cancel)), ["answer-cancel"]);
});

test("a device without credentials of its own gets them before anything else, once in a session", () => {
  const device = aDevice({ credentials: "none" });
  const decision = decide(after(opened([get], { device })), ready());
  assert.deepEqual(effects(decision), ["send-credentials"]);
  const refused = decide(decision.state, ready(fault));
  assert.deepEqual(effects(refused), ["settle-credentials", "claim-call", "call"]);
});

test("the late end of an older connection does not touch the newer one", () => {
  const state = after(opened([get]), ready());
  const decision = decide(state, closed(silent, second));
  assert.deepEqual(decision, { state, effects: [] });
});

test("a call the engine does not know is no answer to the one that is out", () => {
  const state = after(opened([get]), ready());
  const stale = decide(state, ready(answer, callId("older")));
  assert.deepEqual(effects(stale), ["nothing"]);
  assert.equal(stale.state.queue[0]?.claim?.callId, fresh);
});
