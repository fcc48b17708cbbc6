import assert from "node:assert/strict";
import { test } from "node:test";
import { callId } from "../../ports/index.ts";
import type { Call } from "../../ports/index.ts";
import { decide } from "./session.ts";
import type { SessionDecision, SessionInput, SessionState } from "./session.ts";

const get: Call = {
  callId: callId("a1"),
  method: "GetParameterValues",
  params: { ParameterNames: ["Device."] },
};
const reboot: Call = { callId: callId("a2"), method: "Reboot", params: { CommandKey: "k" } };
const vendor: Call = { callId: callId("a3"), method: "X_001122_Blink", params: {} };
const ready: SessionState = { name: "ready" };
const quiet: SessionState = { name: "quiet" };
const emptyPost: SessionInput = { type: "empty-post", probe: "no" };
const result = { ParameterList: {} };

function after(state: SessionState, ...inputs: readonly SessionInput[]): SessionDecision {
  let decision: SessionDecision = { state, effects: [] };
  for (const input of inputs) decision = decide(decision.state, input);
  return decision;
}

function called(call: Call): SessionInput {
  return { type: "next", reply: { type: "call", call } };
}

function answered(call: Call, id: string | undefined = call.callId): SessionInput {
  return { type: "answer", id, method: call.method, outcome: { result } };
}

test("a device that has nothing to say is called what the engine says, and its answer goes to the engine", () => {
  const asked = after(ready, emptyPost);
  assert.deepEqual(asked.effects, [{ type: "ask" }]);
  const calling = decide(asked.state, called(get));
  assert.deepEqual(calling.effects, [{ type: "send-call", call: get }]);
  assert.deepEqual(decide(calling.state, answered(get)).effects, [
    { type: "ask", ended: { callId: "a1", outcome: { type: "answered", outcome: { result } } } },
  ]);
});

test("a session without more to call ends with nothing, and further empty POSTs get nothing again [CWMP-SESSION-9]", () => {
  const over = after(ready, emptyPost, { type: "next", reply: { type: "nothing" } });
  assert.deepEqual(over, { state: quiet, effects: [{ type: "close" }, { type: "send-nothing" }] });
  assert.deepEqual(decide(over.state, emptyPost), { state: quiet, effects: [{ type: "send-nothing" }] });
});

test("an answer after the end of the session gets nothing", () => {
  assert.deepEqual(decide(quiet, answered(get)).effects, [{ type: "send-nothing" }]);
});

for (const [kind, id] of [
  ["without an id", undefined],
  ["with an empty id", ""],
  ["with an id of its own", "1"],
] as const) {
  test(`an answer ${kind} is the answer to the call that is out`, () => {
    const answer: SessionInput = { type: "answer", id, method: "GetParameterValues", outcome: { result } };
    const [effect] = after(ready, emptyPost, called(get), answer).effects;
    assert.equal(effect?.type, "ask");
    assert.equal(effect.ended?.outcome.type, "answered");
  });
}

test("a fault is the answer to the call that is out, with or without an id", () => {
  const outcome = { fault: { code: 9005, message: "Invalid parameter name" } };
  const fault: SessionInput = { type: "answer", id: undefined, method: undefined, outcome };
  assert.deepEqual(after(ready, emptyPost, called(get), fault).effects, [
    { type: "ask", ended: { callId: "a1", outcome: { type: "answered", outcome } } },
  ]);
});

test("the answer before, sent again, is not taken for the next one", () => {
  const second: Call = { ...get, callId: callId("a4") };
  const decision = after(ready, emptyPost, called(get), answered(get), called(second), answered(get));
  assert.deepEqual(decision.effects, [{ type: "send-call", call: second }]);
});

test("an answer to another method is not the answer: the call is made once more", () => {
  assert.deepEqual(after(ready, emptyPost, called(get), answered(reboot)).effects, [
    { type: "send-call", call: get },
  ]);
});

test("an answer that nothing asked for is taken as an empty POST", () => {
  assert.deepEqual(after(ready, answered(get)).effects, [{ type: "ask" }]);
});

test("an empty POST in place of an answer gets the same call once more, then the call ends without answer", () => {
  const again = after(ready, emptyPost, called(get), emptyPost);
  assert.deepEqual(again.effects, [{ type: "send-call", call: get }]);
  const detail = "an empty POST came in place of the answer";
  assert.deepEqual(decide(again.state, emptyPost).effects, [
    { type: "ask", ended: { callId: "a1", outcome: { type: "no-answer", detail } } },
  ]);
  assert.deepEqual(decide(again.state, answered(get)).effects, [
    { type: "ask", ended: { callId: "a1", outcome: { type: "answered", outcome: { result } } } },
  ]);
});

for (const call of [reboot, vendor]) {
  test(`an empty POST in place of the answer to ${call.method} never gets the call again`, () => {
    const [effect] = after(ready, emptyPost, called(call), emptyPost).effects;
    assert.equal(effect?.type, "ask");
    assert.equal(effect.ended?.outcome.type, "no-answer");
  });
}

test("a probe while an answer is due is challenged, and the call stays out", () => {
  const calling = after(ready, emptyPost, called(reboot));
  const probed = decide(calling.state, { type: "empty-post", probe: "perhaps" });
  assert.deepEqual(probed, { state: calling.state, effects: [{ type: "challenge" }] });
});

test("a device that is known to probe is challenged before it is called; one that is not is called", () => {
  assert.deepEqual(decide(ready, { type: "empty-post", probe: "surely" }), {
    state: ready,
    effects: [{ type: "challenge" }],
  });
  assert.deepEqual(decide(ready, { type: "empty-post", probe: "perhaps" }).effects, [{ type: "ask" }]);
});

test("a device's own request is served where it comes, and changes nothing [CWMP-SESSION-4, CWMP-SESSION-6]", () => {
  const own = { id: "7", request: { method: "GetRPCMethods", params: {} } } as const;
  for (const state of [ready, after(ready, emptyPost, called(get)).state, quiet]) {
    assert.deepEqual(decide(state, { type: "request", ...own }), {
      state,
      effects: [{ type: "serve", ...own }],
    });
  }
});

test("a session that is cut while a call is out ends it without answer", () => {
  const calling = after(ready, emptyPost, called(reboot));
  assert.deepEqual(decide(calling.state, { type: "cut", detail: "silence" }), {
    state: quiet,
    effects: [{ type: "close", ended: { callId: "a2", outcome: { type: "no-answer", detail: "silence" } } }],
  });
});

test("a session that is cut while nothing is out is only closed, and only once", () => {
  const cut = after(ready, { type: "cut", detail: "silence" });
  assert.deepEqual(cut.effects, [{ type: "close" }]);
  assert.deepEqual(decide(cut.state, { type: "cut", detail: "silence" }).effects, []);
});

test("an unreadable answer ends the call without answer, and the session", () => {
  const decision = after(ready, emptyPost, called(get), { type: "unreadable", detail: "not XML" });
  assert.deepEqual(decision, {
    state: quiet,
    effects: [{ type: "close", ended: { callId: "a1", outcome: { type: "no-answer", detail: "not XML" } } }],
  });
});

test("an answer that cannot be understood ends the call, is not asked for again, and leaves the session open", () => {
  const malformed: SessionInput = { type: "malformed-answer", detail: "Status is no number" };
  assert.deepEqual(after(ready, emptyPost, called(get), malformed).effects, [
    { type: "ask", ended: { callId: "a1", outcome: { type: "no-answer", detail: "Status is no number" } } },
  ]);
  assert.deepEqual(decide(ready, malformed).effects, [{ type: "ask" }]);
});

test("a call that could not be handed to the device is not sent", () => {
  const decision = after(ready, emptyPost, called(reboot), { type: "unsent" });
  assert.deepEqual(decision.effects, [
    { type: "close", ended: { callId: "a2", outcome: { type: "not-sent" } } },
  ]);
});

test("a call that could not be handed to the device the second time may have arrived the first time", () => {
  const [effect] = after(ready, emptyPost, called(get), emptyPost, { type: "unsent" }).effects;
  assert.equal(effect?.type, "close");
  assert.equal(effect.ended?.outcome.type, "no-answer");
});

test("a call that the engine gives to a session which was cut meanwhile is not sent", () => {
  const decision = after(ready, emptyPost, { type: "cut", detail: "a new session" }, called(reboot));
  assert.deepEqual(decision.effects, [
    { type: "close", ended: { callId: "a2", outcome: { type: "not-sent" } } },
    { type: "send-nothing" },
  ]);
});

test("an engine that cannot be reached ends the session, and is told once more how the call ended", () => {
  const decision = after(ready, emptyPost, called(get), answered(get), {
    type: "next",
    reply: { type: "unreachable" },
  });
  assert.deepEqual(decision, {
    state: quiet,
    effects: [
      {
        type: "close",
        ended: { callId: "a1", outcome: { type: "answered", outcome: { result } } },
        unheard: true,
      },
      { type: "send-nothing" },
    ],
  });
});

test("a session that was cut while its engine was asked, and did not answer, says that nothing was heard", () => {
  const unreachable = { type: "next", reply: { type: "unreachable" } } as const;
  const decision = after(ready, emptyPost, { type: "cut", detail: "a new session" }, unreachable);
  assert.deepEqual(decision.effects, [{ type: "close", unheard: true }, { type: "send-nothing" }]);
});

test("a session whose device somebody else owns by now is dropped without a word to the engine", () => {
  const decision = after(ready, emptyPost, { type: "next", reply: { type: "superseded" } });
  assert.deepEqual(decision, { state: quiet, effects: [{ type: "send-nothing" }] });
});
