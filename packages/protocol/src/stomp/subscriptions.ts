import { accept, refuse, type Decoded } from "../decoded.ts";
import type { AckMode, AckReference } from "./client-frame.ts";

/** One message that a client has been sent, and has neither acknowledged nor refused. */
export interface Delivery {
  readonly messageId: string;
  /** What names it in an ACK: no two deliveries of a connection have the same, though the message may be the same. */
  readonly ack: string;
}

export interface Subscription {
  readonly id: string;
  readonly destination: string;
  readonly mode: AckMode;
  /** In the order of the wire; always empty in the mode `auto`. */
  readonly pending: readonly Delivery[];
}

/** The subscriptions of one connection. */
export interface Subscriptions {
  readonly open: ReadonlyMap<string, Subscription>;
  /** How many deliveries have been given an ack so far. */
  readonly numbered: number;
}

export interface SubscriptionLimits {
  readonly maxSubscriptions: number;
  /** Of one subscription. What is due beyond waits with the server. */
  readonly maxPending: number;
}

export const NO_SUBSCRIPTIONS: Subscriptions = { open: new Map(), numbered: 0 };

export type DeliveryDecision =
  /** The ack is for the MESSAGE; undefined where the mode asks for none. */
  | { readonly type: "send"; readonly subscriptions: Subscriptions; readonly ack: string | undefined }
  /** As many are pending as may be: it is due once one of them is settled. */
  | { readonly type: "wait" }
  /** The subscription is not open any more. */
  | { readonly type: "drop" };

/** What an ACK or NACK settles: the message it names, and in the mode `client` all before it. */
export interface Settlement {
  readonly subscriptions: Subscriptions;
  /** The subscription that they belong to. */
  readonly subscription: string;
  /** In the order of the wire; none where the mode asks for no ACK. */
  readonly deliveries: readonly Delivery[];
}

/** [STOMP 1.2 SUBSCRIBE id Header] */
export function subscribe(
  subscriptions: Subscriptions,
  { id, destination, ack }: { readonly id: string; readonly destination: string; readonly ack: AckMode },
  { maxSubscriptions }: SubscriptionLimits,
): Decoded<Subscriptions> {
  const { open } = subscriptions;
  if (open.has(id)) return refuse("id-in-use", "SUBSCRIBE.id", "a subscription of that id is open");
  if (open.size >= maxSubscriptions) {
    return refuse("over-limit", "SUBSCRIBE", `more than ${maxSubscriptions} subscriptions`);
  }
  return accept(withSubscription(subscriptions, { id, destination, mode: ack, pending: [] }));
}

/** What is pending will not be acknowledged any more: it is as if the connection were lost for that subscription. */
export function unsubscribe(subscriptions: Subscriptions, id: string): Decoded<Subscriptions> {
  if (!subscriptions.open.has(id)) {
    return refuse("unknown-id", "UNSUBSCRIBE.id", "no subscription of that id is open");
  }
  const open = new Map(subscriptions.open);
  open.delete(id);
  return accept({ ...subscriptions, open });
}

/** Whether a message may leave now, and what the client has to acknowledge it by. */
export function deliver(
  subscriptions: Subscriptions,
  { subscription: id, messageId }: { readonly subscription: string; readonly messageId: string },
  { maxPending }: SubscriptionLimits,
): DeliveryDecision {
  const subscription = subscriptions.open.get(id);
  if (subscription === undefined) return { type: "drop" };
  if (subscription.mode === "auto") return { type: "send", subscriptions, ack: undefined };
  if (subscription.pending.length >= maxPending) return { type: "wait" };
  const numbered = subscriptions.numbered + 1;
  const ack = String(numbered);
  const pending = [...subscription.pending, { messageId, ack }];
  return {
    type: "send",
    subscriptions: withSubscription({ ...subscriptions, numbered }, { ...subscription, pending }),
    ack,
  };
}

/** Settles what an ACK or NACK is for [STOMP 1.2 SUBSCRIBE ack Header]. */
export function settle(subscriptions: Subscriptions, reference: AckReference): Decoded<Settlement> {
  for (const subscription of subscriptions.open.values()) {
    const index = subscription.pending.findIndex((delivery) => isFor(reference, delivery, subscription));
    if (index >= 0) return accept(settled(subscriptions, subscription, index));
  }
  if (isOfAuto(subscriptions, reference)) {
    return accept({ subscriptions, subscription: reference.subscription, deliveries: [] });
  }
  const at = reference.by === "ack" ? "id" : "message-id";
  return refuse("unknown-id", at, "no message of that id is to be acknowledged");
}

function isFor(reference: AckReference, { ack, messageId }: Delivery, { id }: Subscription): boolean {
  if (reference.by === "ack") return reference.ack === ack;
  return reference.messageId === messageId && (reference.subscription ?? id) === id;
}

/** Before 1.2 nothing in a message tells whether it wants an ACK: one too many is no fault. */
function isOfAuto(
  { open }: Subscriptions,
  reference: AckReference,
): reference is AckReference & { readonly subscription: string } {
  if (reference.by === "ack" || reference.subscription === undefined) return false;
  return open.get(reference.subscription)?.mode === "auto";
}

function settled(subscriptions: Subscriptions, subscription: Subscription, index: number): Settlement {
  const from = subscription.mode === "client" ? 0 : index;
  const pending = subscription.pending.toSpliced(from, index - from + 1);
  return {
    subscriptions: withSubscription(subscriptions, { ...subscription, pending }),
    subscription: subscription.id,
    deliveries: subscription.pending.slice(from, index + 1),
  };
}

function withSubscription(subscriptions: Subscriptions, subscription: Subscription): Subscriptions {
  return { ...subscriptions, open: new Map(subscriptions.open).set(subscription.id, subscription) };
}
