import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Decoded } from "../decoded.ts";
import type { AckMode, AckReference } from "./client-frame.ts";
import { NO_SUBSCRIPTIONS, deliver, settle, subscribe, unsubscribe } from "./subscriptions.ts";
import type { Subscriptions } from "./subscriptions.ts";

const limits = { maxSubscriptions: 3, maxPending: 4 };

function valueOf<T>(decoded: Decoded<T>): T {
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.problem.detail);
  return decoded.value;
}

function reasonOf(decoded: Decoded<unknown>): string {
  return decoded.ok ? "read" : decoded.problem.reason;
}

function subscribed(subscriptions: Subscriptions, id: string, ack: AckMode = "client"): Subscriptions {
  return valueOf(subscribe(subscriptions, { id, destination: "/r", ack }, limits));
}

/** Sends messages to a subscription; gives their acks. */
function sent(
  subscriptions: Subscriptions,
  id: string,
  ...messages: readonly string[]
): { readonly subscriptions: Subscriptions; readonly acks: readonly string[] } {
  const acks: string[] = [];
  let after = subscriptions;
  for (const messageId of messages) {
    const decision = deliver(after, { subscription: id, messageId }, limits);
    assert.ok(decision.type === "send" && decision.ack !== undefined);
    acks.push(decision.ack);
    after = decision.subscriptions;
  }
  return { subscriptions: after, acks };
}

function byAck(ack = "none"): AckReference {
  return { by: "ack", ack };
}

function pendingOf(subscriptions: Subscriptions, id: string): readonly string[] | undefined {
  return subscriptions.open.get(id)?.pending.map(({ messageId }) => messageId);
}

test("an id that is open is not given again, and one that has ended may be [STOMP-SUBSCRIBE-2]", () => {
  const one = subscribed(NO_SUBSCRIPTIONS, "0");
  const again = { id: "0", destination: "/other", ack: "auto" } as const;
  assert.equal(reasonOf(subscribe(one, again, limits)), "id-in-use");
  const ended = valueOf(unsubscribe(one, "0"));
  assert.equal(valueOf(subscribe(ended, again, limits)).open.get("0")?.destination, "/other");
});

test("UNSUBSCRIBE names an open subscription, of which nothing leaves afterwards [STOMP-SUBSCRIBE-4]", () => {
  const one = subscribed(NO_SUBSCRIPTIONS, "0");
  assert.equal(reasonOf(unsubscribe(one, "1")), "unknown-id");
  const ended = valueOf(unsubscribe(one, "0"));
  assert.deepEqual(deliver(ended, { subscription: "0", messageId: "m" }, limits), { type: "drop" });
  assert.equal(reasonOf(unsubscribe(ended, "0")), "unknown-id");
});

test("there are no more subscriptions than the limit [STOMP-SUBSCRIBE-6]", () => {
  const full = ["0", "1", "2"].reduce((all, id) => subscribed(all, id), NO_SUBSCRIPTIONS);
  assert.equal(reasonOf(subscribe(full, { id: "3", destination: "/r", ack: "auto" }, limits)), "over-limit");
});

test("in the mode client an ACK is for all that were sent before it, too [STOMP-ACK-4]", () => {
  const two = subscribed(subscribed(NO_SUBSCRIPTIONS, "0"), "1");
  const other = sent(two, "1", "x");
  const { subscriptions, acks } = sent(other.subscriptions, "0", "a", "b", "c");
  const settlement = valueOf(settle(subscriptions, byAck(acks[1])));
  assert.equal(settlement.subscription, "0");
  assert.deepEqual(
    settlement.deliveries.map(({ messageId }) => messageId),
    ["a", "b"],
  );
  assert.deepEqual(pendingOf(settlement.subscriptions, "0"), ["c"]);
  assert.deepEqual(pendingOf(settlement.subscriptions, "1"), ["x"]);
});

test("in the mode client-individual an ACK is for its message alone [STOMP-ACK-5]", () => {
  const one = subscribed(NO_SUBSCRIPTIONS, "0", "client-individual");
  const { subscriptions, acks } = sent(one, "0", "a", "b", "c");
  const settlement = valueOf(settle(subscriptions, byAck(acks[1])));
  assert.deepEqual(
    settlement.deliveries.map(({ messageId }) => messageId),
    ["b"],
  );
  assert.deepEqual(pendingOf(settlement.subscriptions, "0"), ["a", "c"]);
});

test("in the mode auto nothing is to be acknowledged [STOMP-ACK-6]", () => {
  const one = subscribed(NO_SUBSCRIPTIONS, "0", "auto");
  const decision = deliver(one, { subscription: "0", messageId: "a" }, limits);
  assert.deepEqual(decision, { type: "send", subscriptions: one, ack: undefined });
  const unasked = { by: "message", messageId: "a", subscription: "0" } as const;
  assert.deepEqual(valueOf(settle(one, unasked)).deliveries, []);
  assert.equal(reasonOf(settle(one, { ...unasked, subscription: "1" })), "unknown-id");
  assert.equal(reasonOf(settle(one, byAck("1"))), "unknown-id");
});

test("what is not pending, or not any more, is not acknowledged [STOMP-ACK-7]", () => {
  const { subscriptions, acks } = sent(subscribed(NO_SUBSCRIPTIONS, "0"), "0", "a", "b");
  assert.equal(reasonOf(settle(subscriptions, byAck())), "unknown-id");
  const after = valueOf(settle(subscriptions, byAck(acks[1]))).subscriptions;
  for (const ack of acks) assert.equal(reasonOf(settle(after, byAck(ack))), "unknown-id");
  const ended = valueOf(unsubscribe(subscriptions, "0"));
  assert.equal(reasonOf(settle(ended, byAck(acks[0]))), "unknown-id");
});

test("before 1.2 a message and its subscription are named, in 1.0 the message alone [STOMP-ACK-2]", () => {
  const two = subscribed(subscribed(NO_SUBSCRIPTIONS, "0"), "1");
  const { subscriptions } = sent(sent(two, "0", "a", "b").subscriptions, "1", "a");
  const settledBy = (subscription: string | undefined): readonly unknown[] => {
    const settlement = valueOf(settle(subscriptions, { by: "message", messageId: "a", subscription }));
    return [settlement.subscription, settlement.deliveries.length];
  };
  assert.deepEqual(settledBy("1"), ["1", 1]);
  assert.deepEqual(settledBy("0"), ["0", 1]);
  assert.deepEqual(settledBy(undefined), ["0", 1]);
  const wrong = { by: "message", messageId: "b", subscription: "1" } as const;
  assert.equal(reasonOf(settle(subscriptions, wrong)), "unknown-id");
});

test("no more is pending than the limit, and what is due beyond waits [STOMP-ACK-9]", () => {
  const { subscriptions, acks } = sent(subscribed(NO_SUBSCRIPTIONS, "0"), "0", "a", "b", "c", "d");
  const due = { subscription: "0", messageId: "e" };
  assert.deepEqual(deliver(subscriptions, due, limits), { type: "wait" });
  const after = valueOf(settle(subscriptions, byAck(acks[0]))).subscriptions;
  assert.equal(deliver(after, due, limits).type, "send");
});

test("no two deliveries have the same ack, and each is settled once [STOMP-ACK-7, STOMP-ACK-8]", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("deliver" as const), to: fc.constantFrom("0", "1") }),
    fc.record({ do: fc.constant("settle" as const), nth: fc.nat({ max: 20 }) }),
    fc.record({ do: fc.constant("renew" as const), to: fc.constantFrom("0", "1") }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let subscriptions = subscribed(subscribed(NO_SUBSCRIPTIONS, "0", "client-individual"), "1");
      const acks: string[] = [];
      const done = new Set<string>();
      for (const each of steps) {
        if (each.do === "deliver") {
          const decision = deliver(subscriptions, { subscription: each.to, messageId: "same" }, limits);
          if (decision.type !== "send") continue;
          ({ subscriptions } = decision);
          acks.push(decision.ack ?? "");
        } else if (each.do === "settle") {
          const settlement = settle(subscriptions, byAck(acks[each.nth]));
          if (!settlement.ok) continue;
          ({ subscriptions } = settlement.value);
          for (const { ack } of settlement.value.deliveries) {
            assert.ok(!done.has(ack));
            done.add(ack);
          }
        } else {
          subscriptions = subscribed(valueOf(unsubscribe(subscriptions, each.to)), each.to);
        }
      }
      assert.equal(new Set(acks).size, acks.length);
    }),
    { seed: 20_261_128, numRuns: 500 },
  );
});
