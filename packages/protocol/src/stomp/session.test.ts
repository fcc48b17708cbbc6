import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeClientFrame, type ClientFrame } from "./client-frame.ts";
import { OPENING, admitted, defaultSessionRules, onClientFrame, refused } from "./session.ts";
import type { OpenStompSession, SessionDecision, SessionEffect, StompSession } from "./session.ts";
import { oneFrame } from "./stream.fixture.ts";
import { deliver } from "./subscriptions.ts";

/** A frame of 1.2 by its lines, and `{}` as the body of a SEND. */
function frame(...lines: readonly string[]): ClientFrame {
  const body = lines[0] === "SEND" ? "{}" : "";
  const read = decodeClientFrame(oneFrame(`${lines.join("\n")}\n\n${body}\0`), "1.2");
  assert.ok(read.ok, read.ok ? "" : read.problem.detail);
  return read.value;
}

function after(session: StompSession, ...lines: readonly string[]): SessionDecision {
  return onClientFrame(session, frame(...lines), defaultSessionRules);
}

/** A session that goes on. */
function still({ session }: SessionDecision): OpenStompSession {
  assert.ok(session.name === "open");
  return session;
}

function opened(...frames: readonly (readonly string[])[]): OpenStompSession {
  const connecting = after(OPENING, "CONNECT", "accept-version:1.2").session;
  assert.ok(connecting.name === "admitting");
  return frames.reduce<OpenStompSession>(
    (session, lines) => still(after(session, ...lines)),
    admitted(connecting),
  );
}

/** One message to subscription 0; gives its ack as well. */
function delivered(session: OpenStompSession, messageId: string): readonly [OpenStompSession, ack: string] {
  const to = { subscription: "0", messageId };
  const decision = deliver(session.subscriptions, to, defaultSessionRules);
  assert.ok(decision.type === "send" && decision.ack !== undefined);
  return [{ ...session, subscriptions: decision.subscriptions }, decision.ack];
}

function processed({ effect }: SessionDecision): Extract<SessionEffect, { readonly type: "process" }> {
  assert.ok(effect?.type === "process");
  return effect;
}

/** Why and of which receipt a frame is refused; the session is over then. */
function refusal({ session, effect }: SessionDecision): readonly (string | undefined)[] {
  assert.equal(session.name, "over");
  assert.ok(effect?.type === "refuse");
  return [effect.problem.reason, effect.problem.at, effect.error.receiptId];
}

const others = [
  ["SEND", "destination:/r", "receipt:1"],
  ["SUBSCRIBE", "id:0", "destination:/r", "receipt:1"],
  ["UNSUBSCRIBE", "id:0", "receipt:1"],
  ["ACK", "id:1", "receipt:1"],
  ["BEGIN", "transaction:t", "receipt:1"],
  ["DISCONNECT", "receipt:1"],
] as const;

test("the first frame is CONNECT or STOMP, and there is no second [STOMP-CONNECT-1]", () => {
  for (const command of ["CONNECT", "STOMP"]) {
    const { session, effect } = after(OPENING, command, "accept-version:1.1,1.2");
    assert.deepEqual(session, { name: "admitting", version: "1.2" });
    assert.ok(effect?.type === "admit");
    assert.equal(effect.frame.command, command);
    assert.deepEqual(refusal(after(opened(), command)), ["out-of-turn", command, undefined]);
  }
  for (const lines of others) {
    assert.deepEqual(refusal(after(OPENING, ...lines)), ["out-of-turn", lines[0], "1"]);
  }
});

test("nothing may come between CONNECT and CONNECTED [STOMP-CONNECT-2]", () => {
  const { session } = after(OPENING, "CONNECT", "accept-version:1.2");
  for (const lines of others)
    assert.deepEqual(refusal(after(session, ...lines)), ["out-of-turn", lines[0], "1"]);
  assert.deepEqual(refusal(after(session, "CONNECT")), ["out-of-turn", "CONNECT", undefined]);
});

test("a client without a version in common is refused [STOMP-VERSION-3, STOMP-LIGHT-1]", () => {
  for (const lines of [["CONNECT"], ["CONNECT", "accept-version:1.0,1.1"], ["STOMP", "accept-version:2.0"]]) {
    const decision = after(OPENING, ...lines);
    assert.deepEqual(refusal(decision), ["no-common-version", "accept-version", undefined]);
    assert.ok(decision.effect?.type === "refuse");
    assert.equal(decision.effect.error.headers.get("version"), "1.2");
  }
});

test("what a reader refuses is the last of a session [STOMP-ERROR-2]", () => {
  const decision = refused({ reason: "not-a-frame", at: "body", detail: "no NUL ends it" });
  assert.deepEqual(refusal(decision), ["not-a-frame", "body", undefined]);
});

test("a SEND is processed at once, and then gets its receipt [STOMP-RECEIPT-1]", () => {
  const send = ["SEND", "destination:/r", "receipt:1"];
  const { sends, acknowledgements, receipt } = processed(after(opened(), ...send));
  assert.deepEqual([sends, acknowledgements, receipt], [[frame(...send)], [], "1"]);
  assert.equal(processed(after(opened(), "SEND", "destination:/r")).receipt, undefined);
});

test("a subscription is made before its first message, and its receipt comes then [STOMP-RECEIPT-1]", () => {
  const lines = ["SUBSCRIBE", "id:0", "destination:/r", "ack:client", "receipt:1"];
  const decision = after(opened(), ...lines);
  assert.deepEqual(decision.effect, { type: "subscribe", frame: frame(...lines) });
  assert.equal(still(decision).subscriptions.open.get("0")?.mode, "client");
  assert.deepEqual(refusal(after(still(decision), ...lines)), ["id-in-use", "SUBSCRIBE.id", "1"]);
  const end = after(still(decision), "UNSUBSCRIBE", "id:0", "receipt:2");
  assert.deepEqual(end.effect, { type: "unsubscribe", id: "0", receipt: "2" });
  assert.deepEqual(refusal(after(still(end), "UNSUBSCRIBE", "id:0")), [
    "unknown-id",
    "UNSUBSCRIBE.id",
    undefined,
  ]);
});

test("ACK and NACK settle what is pending [STOMP-ACK-4, STOMP-ACK-7]", () => {
  const [one] = delivered(opened(["SUBSCRIBE", "id:0", "destination:/r", "ack:client"]), "a");
  const [two, second] = delivered(one, "b");
  for (const verdict of ["ACK", "NACK"]) {
    const decision = after(two, verdict, `id:${second}`);
    const [acknowledgement] = processed(decision).acknowledgements;
    assert.equal(acknowledgement?.verdict, verdict);
    assert.deepEqual(
      acknowledgement.deliveries.map(({ messageId }) => messageId),
      ["a", "b"],
    );
    assert.deepEqual(refusal(after(still(decision), verdict, `id:${second}`)), [
      "unknown-id",
      "id",
      undefined,
    ]);
  }
});

test("nothing of a transaction happens before COMMIT, and then all of it in order [STOMP-TX-1, STOMP-TX-2, STOMP-RECEIPT-3]", () => {
  const start = opened(["SUBSCRIBE", "id:0", "destination:/r", "ack:client"], ["BEGIN", "transaction:t"]);
  const [waiting, ack] = delivered(start, "a");
  const first = after(waiting, "SEND", "destination:/1", "transaction:t", "receipt:1");
  assert.deepEqual(first.effect, { type: "receipt", receipt: "1" });
  const second = after(still(first), "ACK", `id:${ack}`, "transaction:t");
  assert.equal(second.effect, undefined);
  assert.equal(still(second).subscriptions.open.get("0")?.pending.length, 1);
  const aside = after(still(second), "SEND", "destination:/2");
  assert.equal(processed(aside).sends.length, 1);
  const third = after(still(aside), "SEND", "destination:/3", "transaction:t");
  assert.equal(third.effect, undefined);
  const committed = after(still(third), "COMMIT", "transaction:t", "receipt:9");
  const { sends, acknowledgements, receipt } = processed(committed);
  assert.deepEqual(
    sends.map(({ destination }) => destination),
    ["/1", "/3"],
  );
  assert.deepEqual(
    acknowledgements.map(({ verdict, subscription, deliveries }) => [
      verdict,
      subscription,
      deliveries.length,
    ]),
    [["ACK", "0", 1]],
  );
  assert.equal(receipt, "9");
  assert.equal(still(committed).subscriptions.open.get("0")?.pending.length, 0);
  const again = after(still(committed), "COMMIT", "transaction:t");
  assert.deepEqual(refusal(again), ["unknown-id", "COMMIT.transaction", undefined]);
});

test("where one frame of a transaction cannot be processed, none is [STOMP-TX-2, STOMP-TX-4]", () => {
  const session = opened(
    ["BEGIN", "transaction:t"],
    ["SEND", "destination:/1", "transaction:t"],
    ["ACK", "id:none", "transaction:t"],
  );
  assert.deepEqual(refusal(after(session, "COMMIT", "transaction:t", "receipt:9")), [
    "unknown-id",
    "id",
    "9",
  ]);
});

test("ABORT drops a transaction, and nothing happens [STOMP-TX-3]", () => {
  const session = opened(["BEGIN", "transaction:t"], ["SEND", "destination:/1", "transaction:t"]);
  const aborted = after(session, "ABORT", "transaction:t", "receipt:1");
  assert.deepEqual(aborted.effect, { type: "receipt", receipt: "1" });
  assert.deepEqual(refusal(after(still(aborted), "COMMIT", "transaction:t")), [
    "unknown-id",
    "COMMIT.transaction",
    undefined,
  ]);
});

test("a transaction that is not open, or open already, is refused [STOMP-TX-5, STOMP-TX-6]", () => {
  const session = opened(["BEGIN", "transaction:t"]);
  for (const [reason, ...lines] of [
    ["id-in-use", "BEGIN", "transaction:t"],
    ["unknown-id", "COMMIT", "transaction:u"],
    ["unknown-id", "ABORT", "transaction:u"],
    ["unknown-id", "SEND", "destination:/r", "transaction:u"],
    ["unknown-id", "ACK", "id:1", "transaction:u"],
    ["unknown-id", "NACK", "id:1", "transaction:u"],
  ] as const) {
    const at = `${lines[0]}.transaction`;
    assert.deepEqual(refusal(after(session, ...lines, "receipt:1")), [reason, at, "1"]);
  }
});

test("a transaction has at most 100 frames [STOMP-GROUP-1, STOMP-TX-7]", () => {
  const sends = Array.from({ length: 100 }, () => ["SEND", "destination:/r", "transaction:t"]);
  const session = opened(["BEGIN", "transaction:t"], ...sends);
  assert.equal(processed(after(session, "COMMIT", "transaction:t")).sends.length, 100);
  const more = after(session, "SEND", "destination:/r", "transaction:t");
  assert.deepEqual(refusal(more), ["over-limit", "SEND", undefined]);
});

test("DISCONNECT ends the session, its transactions, and all that comes after [STOMP-END-1, STOMP-TX-4]", () => {
  const session = opened(["BEGIN", "transaction:t"], ["SEND", "destination:/r", "transaction:t"]);
  const end = after(session, "DISCONNECT", "receipt:77");
  assert.deepEqual(end, { session: { name: "over" }, effect: { type: "end", receipt: "77" } });
  for (const lines of [...others, ["COMMIT", "transaction:t"], ["CONNECT"]]) {
    assert.deepEqual(after(end.session, ...lines), { session: { name: "over" }, effect: undefined });
  }
});
