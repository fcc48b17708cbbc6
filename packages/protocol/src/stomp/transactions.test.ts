import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decoded } from "../decoded.ts";
import type { SendFrame } from "./client-frame.ts";
import { NO_BODY, NO_HEADERS } from "./frame.ts";
import { NO_TRANSACTIONS, abort, begin, commit, holdBack } from "./transactions.ts";
import type { TransactedFrame, Transactions } from "./transactions.ts";

const limits = { maxTransactions: 2, maxFramesPerTransaction: 3, maxHeldBack: 200 };

function valueOf<T>(decoded: Decoded<T>): T {
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.problem.detail);
  return decoded.value;
}

function reasonOf(decoded: Decoded<unknown>): string {
  return decoded.ok ? "read" : decoded.problem.reason;
}

function send(destination: string, part: Partial<SendFrame> = {}): SendFrame {
  const rest = { contentType: undefined, transaction: "t", receipt: undefined, headers: NO_HEADERS };
  return { command: "SEND", destination, ...rest, body: NO_BODY, ...part };
}

function begun(...ids: readonly string[]): Transactions {
  return ids.reduce((transactions, id) => valueOf(begin(transactions, id, limits)), NO_TRANSACTIONS);
}

function held(transactions: Transactions, id: string, frame: TransactedFrame): Transactions {
  return valueOf(holdBack(transactions, { id, frame }, limits));
}

test("COMMIT gives what was held back, in order, and ends the transaction [STOMP-TX-2]", () => {
  const both = held(held(held(begun("t", "u"), "t", send("/a")), "u", send("/b")), "t", send("/c"));
  const { transactions, frames } = valueOf(commit(both, "t"));
  assert.deepEqual(frames, [send("/a"), send("/c")]);
  assert.equal(reasonOf(commit(transactions, "t")), "unknown-id");
  assert.deepEqual(valueOf(commit(transactions, "u")).frames, [send("/b")]);
});

test("ABORT drops what was held back [STOMP-TX-3]", () => {
  const dropped = valueOf(abort(held(begun("t"), "t", send("/a")), "t"));
  assert.deepEqual(dropped, NO_TRANSACTIONS);
  assert.deepEqual(valueOf(commit(valueOf(begin(dropped, "t", limits)), "t")).frames, []);
});

test("an id that is open is not begun again, and one that has ended may be [STOMP-TX-5]", () => {
  assert.equal(reasonOf(begin(begun("t"), "t", limits)), "id-in-use");
  assert.equal(reasonOf(begin(valueOf(commit(begun("t"), "t")).transactions, "t", limits)), "read");
  assert.equal(reasonOf(begin(valueOf(abort(begun("t"), "t")), "t", limits)), "read");
});

test("what names a transaction that is not open is refused [STOMP-TX-6]", () => {
  const one = begun("t");
  assert.equal(reasonOf(commit(one, "u")), "unknown-id");
  assert.equal(reasonOf(abort(one, "u")), "unknown-id");
  assert.equal(reasonOf(holdBack(one, { id: "u", frame: send("/a") }, limits)), "unknown-id");
});

test("there are no more transactions, and no more frames in one, than the limits [STOMP-TX-7]", () => {
  assert.equal(reasonOf(begin(begun("t", "u"), "v", limits)), "over-limit");
  const full = ["/a", "/b", "/c"].reduce((all, name) => held(all, "t", send(name)), begun("t", "u"));
  assert.equal(reasonOf(holdBack(full, { id: "t", frame: send("/d") }, limits)), "over-limit");
  assert.equal(reasonOf(holdBack(full, { id: "u", frame: send("/d") }, limits)), "read");
});

test("all transactions together hold back no more than the limit, headers included [STOMP-TX-7]", () => {
  const two = held(begun("t", "u"), "t", send("/a", { body: new Uint8Array(90) }));
  const fits = (frame: TransactedFrame): string => reasonOf(holdBack(two, { id: "u", frame }, limits));
  assert.equal(fits(send("/b", { body: new Uint8Array(90) })), "read");
  assert.equal(fits(send("/b", { body: new Uint8Array(120) })), "over-limit");
  assert.equal(fits(send("/b", { headers: new Map([["a", "b".repeat(120)]]) })), "over-limit");
  assert.equal(fits(send("/b", { receipt: "r".repeat(120) })), "over-limit");
  assert.equal(fits(send("/".repeat(120))), "over-limit");
  const reference = { by: "message", messageId: "m".repeat(60), subscription: "s".repeat(60) } as const;
  const ack = { command: "ACK", reference, transaction: "u", receipt: undefined } as const;
  assert.equal(fits({ ...ack, headers: NO_HEADERS }), "over-limit");
  const ended = valueOf(commit(two, "t")).transactions;
  const large = send("/b", { body: new Uint8Array(180) });
  assert.equal(reasonOf(holdBack(ended, { id: "u", frame: large }, limits)), "read");
});
