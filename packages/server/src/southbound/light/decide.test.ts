import assert from "node:assert/strict";
import { test } from "node:test";
import type { AcsRequest, LightRequest, TokenId } from "@heliograph/protocol";
import { deviceKey } from "@heliograph/protocol";
import { callId, engineId } from "../../ports/index.ts";
import type { Call } from "../../ports/index.ts";
import type { Said } from "./codec.ts";
import type {
  ConnectionDecision,
  ConnectionEffect,
  ConnectionInput,
  ConnectionRules,
  ConnectionState,
} from "./connection.ts";
import { decide } from "./decide.ts";
import { jsonBinding } from "./json-codec.ts";

const deviceId = { Manufacturer: "Maker", OUI: "001122", ProductClass: "Box", SerialNumber: "S1" };
const device = deviceKey(deviceId);
assert.ok(device !== undefined);
const { ways } = jsonBinding(1_048_576);
const rules: ConnectionRules = { device, maxInFlight: 2, ways };

const connecting: ConnectionState = { name: "connecting" };
const over: ConnectionState = { name: "over" };
const owned: ConnectionInput = {
  type: "connected",
  reply: { type: "owned", engine: engineId("e1"), generation: 1 },
};
const patienceOver: ConnectionInput = { type: "patience-over" };
const token = { token: "fresh", expiresIn: 60 };
const attached: ConnectionInput = { type: "attached", reply: { type: "attached", token } };
const unattached: ConnectionInput = { type: "attached", reply: { type: "unreachable" } };
const call: Call = { callId: callId("a1"), method: "Reboot", params: { CommandKey: "k" } };
const called: ConnectionInput = { type: "call", call };
const defaults = { maxInFlight: 1, maxMessageBytes: 1_048_576, keepAlive: false, replayWindow: 0 };
const askDefaults: ConnectionEffect = { type: "ask-attach", limits: defaults };
const bePatient: ConnectionEffect = { type: "be-patient" };
const give: ConnectionEffect = { type: "give-back", call };
const send: ConnectionEffect = { type: "send-call", call, maxMessageBytes: 1_048_576 };

/** The decision on the last of these inputs. */
function after(...inputs: readonly ConnectionInput[]): ConnectionDecision {
  let decision: ConnectionDecision = { state: connecting, effects: [] };
  for (const input of inputs) decision = decide(decision.state, input, rules);
  return decision;
}

function effects(...inputs: readonly ConnectionInput[]): readonly ConnectionEffect[] {
  return after(...inputs).effects;
}

function says(said: Said): ConnectionInput {
  return { type: "said", said, pace: "within" };
}

function asks(id: TokenId | undefined, request: AcsRequest | LightRequest): ConnectionInput {
  return says({ type: "request", id, request });
}

function attaches(id: TokenId | undefined, params: object = {}): ConnectionInput {
  return asks(id, { method: "Attach", params });
}

function informs(id: TokenId | undefined, serial = "S1"): ConnectionInput {
  return asks(id, {
    method: "Inform",
    params: {
      DeviceId: { ...deviceId, SerialNumber: serial },
      Event: [{ EventCode: "1 BOOT" }],
      MaxEnvelopes: 1,
      CurrentTime: "2026-01-01T00:00:00Z",
      RetryCount: 0,
      ParameterList: {},
    },
  });
}

function informed(id: TokenId | undefined, type: "stored" | "superseded" | "unreachable"): ConnectionInput {
  return { type: "informed", id, reply: { type } };
}

function reported(id: TokenId | undefined, type: "stored" | "superseded" | "unreachable"): ConnectionInput {
  return { type: "reported", id, reply: { type } };
}

const kicked: AcsRequest = { method: "Kicked", params: { Command: "c" } };

function fault(id: TokenId | null, code: number, message: string): ConnectionEffect {
  return { type: "fault", id, fault: { code, message } };
}

function closes(code: number, reason: string): readonly ConnectionEffect[] {
  return [{ type: "close", closing: { code, reason } }];
}

test("a connection that an engine owns is listened to, and the device has its time to attach [LIGHT-ATTACH-1]", () => {
  assert.deepEqual(effects(owned), [{ type: "listen" }, bePatient]);
});

test("a connection that no engine takes is closed as the reason wants it", () => {
  const refused = (reason: "unknown-device" | "not-approved" | "revoked") =>
    effects({ type: "connected", reply: { type: "refused", reason } });
  assert.deepEqual(refused("unknown-device"), closes(4500, "this device was removed"));
  assert.deepEqual(refused("not-approved"), closes(4501, "this device is not approved"));
  assert.deepEqual(refused("revoked"), closes(4001, "the token was revoked"));
});

test("without an engine a device is told to come back", () => {
  assert.deepEqual(effects({ type: "connected", reply: { type: "unreachable" } }), [{ type: "send-away" }]);
});

test("what an engine says of a connection that was closed meanwhile changes nothing", () => {
  const closed = after({ type: "lost", detail: "cut" }, owned);
  assert.deepEqual(closed, { state: over, effects: [] });
});

test("Attach tells the engine what the device bears, and its answer has the fresh token [LIGHT-ATTACH-2]", () => {
  const limits = { maxInFlight: 8, maxMessageBytes: 4096, keepAlive: true, replayWindow: 16 };
  const params = { MaxInFlight: 8, MaxMessageBytes: 4096, KeepAlive: true, ReplayWindow: 16 };
  assert.deepEqual(effects(owned, attaches("d1", params)), [{ type: "ask-attach", limits }]);
  assert.deepEqual(effects(owned, attaches("d1", params), attached), [
    { type: "answer-attach", id: "d1", token },
  ]);
});

test("a device takes one call at a time at least, and 256 at most", () => {
  for (const [said, taken] of [
    [0, 1],
    [1_000, 256],
  ]) {
    const [effect] = effects(owned, attaches("d1", { MaxInFlight: said }));
    assert.deepEqual(effect, { type: "ask-attach", limits: { ...defaults, maxInFlight: taken } });
  }
});

test("a device that says nothing for long is attached by the defaults [LIGHT-ATTACH-1, LIGHT-ATTACH-4]", () => {
  assert.deepEqual(effects(owned, patienceOver), [askDefaults]);
  assert.deepEqual(effects(owned, patienceOver, attached), []);
  assert.deepEqual(effects(owned, patienceOver, attached, called), [send]);
});

test("a device that says anything but Inform and Attach first is attached by the defaults [LIGHT-ATTACH-1]", () => {
  const answer = { result: {} };
  const refusal = { code: -32601, message: "no" };
  const cases: readonly (readonly [said: ConnectionInput, effect: ConnectionEffect])[] = [
    [asks("d1", kicked), { type: "report", id: "d1", ...kicked }],
    [says({ type: "answer", id: "a0", answer }), { type: "settle", id: "a0", answer }],
    [says({ type: "refused", id: "d1", fault: refusal }), { type: "fault", id: "d1", fault: refusal }],
  ];
  for (const [said, effect] of cases) assert.deepEqual(effects(owned, said), [effect, askDefaults]);
});

test("an empty message is a sign of life, and nothing else [LIGHT-LIVE-3]", () => {
  assert.deepEqual(effects(owned, says({ type: "nothing" })), []);
});

test("after a first Inform the device has its time to attach again, counted from the answer [LIGHT-EVENT-1]", () => {
  assert.deepEqual(effects(owned, informs("d1"), patienceOver), []);
  assert.deepEqual(effects(owned, informs("d1"), informed("d1", "stored")), [
    { type: "answer", id: "d1", result: { MaxEnvelopes: 1 } },
    bePatient,
  ]);
  assert.deepEqual(effects(owned, informs("d1"), informed("d1", "stored"), patienceOver), [askDefaults]);
});

test("an Attach that follows an Inform waits until that is stored", () => {
  assert.deepEqual(effects(owned, informs("d1"), attaches("d2")), []);
  assert.deepEqual(effects(owned, informs("d1"), attaches("d2"), informed("d1", "stored")), [
    { type: "answer", id: "d1", result: { MaxEnvelopes: 1 } },
    askDefaults,
  ]);
});

test("an Attach that comes twice asks the engine twice, one after the other [LIGHT-ATTACH-3]", () => {
  const eight = { ...defaults, maxInFlight: 8 };
  assert.deepEqual(effects(owned, attaches("d1"), attaches("d2", { MaxInFlight: 8 })), []);
  const first = after(owned, attaches("d1"), attaches("d2", { MaxInFlight: 8 }), attached);
  assert.deepEqual(first.effects, [
    { type: "answer-attach", id: "d1", token },
    { type: "ask-attach", limits: eight },
  ]);
  assert.deepEqual(decide(first.state, attached, rules).effects, [
    { type: "answer-attach", id: "d2", token },
  ]);
});

test("an unconfirmed Attach counts, and is not answered [LIGHT-TOKEN-3]", () => {
  assert.deepEqual(effects(owned, attaches(undefined)), [askDefaults]);
  assert.deepEqual(effects(owned, attaches(undefined), attached), []);
});

test("a call before the device is attached is given back [LIGHT-ATTACH-1]", () => {
  assert.deepEqual(effects(called), [give]);
  assert.deepEqual(effects(owned, called), [give]);
  assert.deepEqual(effects(owned, { type: "lost", detail: "cut" }, called), [give]);
});

test("a call that overtakes the answer to Attach waits for it", () => {
  assert.deepEqual(effects(owned, attaches("d1"), called), []);
  assert.deepEqual(effects(owned, attaches("d1"), called, attached), [
    { type: "answer-attach", id: "d1", token },
    send,
  ]);
});

test("calls that wait for an Attach which fails are given back", () => {
  assert.deepEqual(effects(owned, attaches("d1"), called, unattached), [
    fault("d1", 8005, "Retry request"),
    { type: "await-engine" },
    give,
  ]);
});

test("no more than 256 calls wait for an Attach", () => {
  let { state } = after(owned, attaches("d1"));
  for (let count = 0; count < 256; count += 1) ({ state } = decide(state, called, rules));
  assert.deepEqual(decide(state, called, rules).effects, [give]);
});

test("the longest message that the device takes goes with each call", () => {
  const [effect] = effects(owned, attaches("d1", { MaxMessageBytes: 100 }), attached, called);
  assert.deepEqual(effect, { ...send, maxMessageBytes: 100 });
});

test("a connection that is not the device's any more is closed when it attaches [LIGHT-OPEN-10]", () => {
  assert.deepEqual(
    effects(owned, attaches("d1"), { type: "attached", reply: { type: "superseded" } }),
    closes(4000, "another connection of this device took its place"),
  );
});

test("a report is answered once it is stored", () => {
  assert.deepEqual(effects(owned, attaches("d1"), attached, asks("d2", kicked)), [
    { type: "report", id: "d2", ...kicked },
  ]);
  assert.deepEqual(effects(owned, asks("d2", kicked), reported("d2", "stored")), [
    { type: "answer", id: "d2", result: {} },
  ]);
});

test("a report or an Inform that is not stored is to be sent again", () => {
  const later = fault("d2", 8005, "Retry request");
  assert.deepEqual(effects(owned, asks("d2", kicked), reported("d2", "superseded")), [later]);
  assert.deepEqual(effects(owned, asks("d2", kicked), reported("d2", "unreachable")), [
    later,
    { type: "await-engine" },
  ]);
  assert.deepEqual(effects(owned, informs("d2"), informed("d2", "superseded")), [later, bePatient]);
});

test("an Inform that is another device's gets fault 8001, and the connection ends [LIGHT-OPEN-9]", () => {
  const closing = closes(4501, "the Inform is another device's");
  assert.deepEqual(effects(owned, informs("d1", "S2")), [
    fault("d1", 8001, "Request denied: the token is another device's"),
    ...closing,
  ]);
  assert.deepEqual(effects(owned, informs(undefined, "S2")), closing);
});

test("a device is told the ACS's methods, Attach among them", () => {
  const [effect] = effects(owned, asks("d1", { method: "GetRPCMethods", params: {} }));
  assert.equal(effect?.type, "answer");
  const told = JSON.stringify(effect.result);
  for (const method of ["Attach", "Inform", "TransferComplete", "Kicked"])
    assert.ok(told.includes(`"${method}"`));
});

test("a vendor's RPC is none that the ACS has [LIGHT-TOKEN-8]", () => {
  const [effect] = effects(owned, asks("d1", { method: "X_001122_Blink", params: {} }));
  assert.deepEqual(effect, fault("d1", -32601, "there is no method X_001122_Blink"));
});

test("a request more than the ACS serves at a time gets fault 8004, and the others are served [LIGHT-ATTACH-6]", () => {
  const two = [owned, attaches("d0"), attached, asks("d1", kicked), asks("d2", kicked)];
  assert.deepEqual(effects(...two, asks("d3", kicked)), [
    fault("d3", 8004, "Resources exceeded: 2 requests are being served"),
  ]);
  const [served] = effects(...two, reported("d1", "stored"), asks("d3", kicked));
  assert.equal(served?.type, "report");
});

test("unconfirmed requests are served beside those that wait for an answer, and dropped beyond as many [LIGHT-TOKEN-3]", () => {
  const busy = [owned, attaches("d0"), attached, asks("d1", kicked), asks("d2", kicked)];
  const stream = [asks(undefined, kicked), asks(undefined, kicked)];
  const report: ConnectionEffect = { type: "report", id: undefined, ...kicked };
  assert.deepEqual(effects(...busy, asks(undefined, kicked)), [report]);
  assert.deepEqual(effects(...busy, ...stream, asks(undefined, kicked)), []);
  assert.deepEqual(effects(...busy, ...stream, reported(undefined, "stored")), []);
  assert.deepEqual(effects(...busy, ...stream, reported(undefined, "stored"), asks(undefined, kicked)), [
    report,
  ]);
});

test("a message too many gets fault 8004 where it wants an answer, and is dropped where it wants none", () => {
  const tooMuch = (said: Said): readonly ConnectionEffect[] =>
    effects(owned, { type: "said", said, pace: "over" });
  const message = "Resources exceeded: these are too many messages";
  assert.deepEqual(tooMuch({ type: "request", id: 7, request: kicked }), [fault(7, 8004, message)]);
  assert.deepEqual(tooMuch({ type: "refused", id: null, fault: { code: 1, message: "" } }), [
    fault(null, 8004, message),
  ]);
  assert.deepEqual(tooMuch({ type: "request", id: undefined, request: kicked }), []);
  assert.deepEqual(tooMuch({ type: "answer", id: "a9", answer: { result: {} } }), []);
});

test("a device that does not heed fault 8004 is closed with 4003", () => {
  assert.deepEqual(
    effects(owned, { type: "said", said: { type: "nothing" }, pace: "abusive" }),
    closes(4003, "it sends too much, and did not heed fault 8004"),
  );
});

test("what cannot be read at all closes the connection with the code that its reader gives", () => {
  const unreadable = says({ type: "unreadable", code: 1003, detail: "it is no JSON" });
  assert.deepEqual(effects(owned, unreadable), closes(1003, "it is no JSON"));
});

test("two silent periods end a connection, one does not [LIGHT-LIVE-1]", () => {
  const silence: ConnectionInput = { type: "beat", heard: false };
  const life: ConnectionInput = { type: "beat", heard: true };
  const beat: ConnectionEffect = { type: "beat" };
  assert.deepEqual(effects(owned, silence), [beat]);
  assert.deepEqual(effects(owned, silence, life, silence), [beat]);
  assert.deepEqual(after(owned, silence, silence), {
    state: over,
    effects: [{ type: "terminate", detail: "the device gave no sign of life for two periods" }],
  });
});

test("while no engine is there one is looked for with each sign of life, and the device's limits are told it", () => {
  const alone = [owned, attaches("d1", { MaxInFlight: 8 }), attached, asks("d2", kicked)];
  const orphaned = [...alone, reported("d2", "unreachable")];
  const limits = { ...defaults, maxInFlight: 8 };
  assert.deepEqual(effects(...orphaned, { type: "beat", heard: true }), [
    { type: "beat" },
    { type: "ask-attach", limits },
  ]);
  assert.deepEqual(effects(...orphaned, { type: "beat", heard: true }, attached), [{ type: "engine-found" }]);
});

test("a connection that no engine owns for long is closed, to come back; one that was found is kept", () => {
  const orphaned = [owned, attaches("d1"), unattached];
  assert.deepEqual(effects(...orphaned, { type: "abandoned" }), [{ type: "send-away" }]);
  assert.deepEqual(effects(...orphaned, attaches("d2"), attached, { type: "abandoned" }), []);
});

test("an engine that is missed twice is awaited once", () => {
  const orphaned = [owned, attaches("d1"), unattached, attaches("d2")];
  assert.deepEqual(effects(...orphaned, unattached), [fault("d2", 8005, "Retry request")]);
});

test("another engine is told how the device was attached, before it calls", () => {
  const moved = [owned, attaches("d1", { MaxInFlight: 8 }), attached, { type: "owner-changed" } as const];
  assert.deepEqual(effects(...moved), [{ type: "ask-attach", limits: { ...defaults, maxInFlight: 8 } }]);
  assert.deepEqual(effects(...moved, called, attached), [send]);
  assert.deepEqual(effects(owned, { type: "owner-changed" }), []);
});

test("another engine that does not take the connection has it closed", () => {
  const refused = { type: "refused", reason: "revoked" } as const;
  for (const input of [
    { type: "attached", reply: refused },
    { type: "reported", id: "d2", reply: refused },
    { type: "informed", id: "d2", reply: refused },
  ] as const) {
    const closed = effects(owned, attaches("d1"), asks("d2", kicked), input);
    assert.deepEqual(closed, closes(4001, "the token was revoked"));
  }
});

test("a connection ends once: what comes after is passed over", () => {
  const closing = { code: 4000, reason: "replaced" };
  const closed = after(owned, { type: "close", closing });
  assert.deepEqual(closed, { state: over, effects: closes(4000, "replaced") });
  for (const input of [
    { type: "close", closing },
    { type: "lost", detail: "cut" },
    patienceOver,
    attached,
    asks("d1", kicked),
    { type: "beat", heard: false },
  ] as const) {
    assert.deepEqual(decide(closed.state, input, rules), { state: over, effects: [] });
  }
});
