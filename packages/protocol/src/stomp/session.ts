import type { Decoded, Problem } from "../decoded.ts";
import { unreachable } from "../unreachable.ts";
import type {
  AckFrame,
  ClientFrame,
  ConnectFrame,
  SendFrame,
  SubscribeFrame,
  TransactionFrame,
} from "./client-frame.ts";
import { errorFrame, versionError, type ErrorFrame } from "./server-frame.ts";
import { NO_SUBSCRIPTIONS, settle, subscribe, unsubscribe } from "./subscriptions.ts";
import type { Delivery, SubscriptionLimits, Subscriptions } from "./subscriptions.ts";
import { NO_TRANSACTIONS, abort, begin, commit, holdBack } from "./transactions.ts";
import type { TransactedFrame, TransactionLimits, Transactions } from "./transactions.ts";
import { agreeOnVersion, type StompVersion } from "./version.ts";

/** One STOMP connection as its server sees it. */
export type StompSession =
  /** Nothing but CONNECT or STOMP may come. */
  | { readonly name: "opening" }
  /** It is being found out whether the client is let in: nothing may come before CONNECTED has left. */
  | { readonly name: "admitting"; readonly version: StompVersion }
  | OpenStompSession
  /** After DISCONNECT or a refusal: whatever comes is passed over. */
  | { readonly name: "over" };

export interface OpenStompSession {
  readonly name: "open";
  readonly version: StompVersion;
  readonly subscriptions: Subscriptions;
  readonly transactions: Transactions;
}

export interface SessionRules extends SubscriptionLimits, TransactionLimits {
  readonly spoken: readonly StompVersion[];
}

/** Messages that a client says it has consumed, or has not. */
export interface Acknowledgement {
  readonly verdict: "ACK" | "NACK";
  readonly subscription: string;
  readonly deliveries: readonly Delivery[];
}

/** What a server does about a frame. Where there is a receipt, RECEIPT leaves once that is done. */
export type SessionEffect =
  /** Finds out whether the client is let in, and says CONNECTED or ERROR. */
  | { readonly type: "admit"; readonly frame: ConnectFrame; readonly version: StompVersion }
  /** The first MESSAGE may leave. */
  | { readonly type: "subscribe"; readonly frame: SubscribeFrame }
  | { readonly type: "unsubscribe"; readonly id: string; readonly receipt: string | undefined }
  /** All of it or nothing: a frame by itself, or what a transaction has held back. */
  | {
      readonly type: "process";
      readonly sends: readonly SendFrame[];
      readonly acknowledgements: readonly Acknowledgement[];
      readonly receipt: string | undefined;
    }
  /** There was nothing more to do. */
  | { readonly type: "receipt"; readonly receipt: string }
  /** Says ERROR, and closes with the code that the register has for the problem. */
  | { readonly type: "refuse"; readonly problem: Problem; readonly error: ErrorFrame }
  /** Says RECEIPT where it is asked for, and closes. */
  | { readonly type: "end"; readonly receipt: string | undefined };

export interface SessionDecision {
  readonly session: StompSession;
  readonly effect: SessionEffect | undefined;
}

/** What the light transport allows a connection [LIGHT 5, LIGHT 10]. */
export const defaultSessionRules: SessionRules = {
  spoken: ["1.2"],
  maxSubscriptions: 32,
  maxPending: 256,
  maxTransactions: 8,
  maxFramesPerTransaction: 100,
  maxHeldBack: 4 * 1024 * 1024,
};

export const OPENING: StompSession = { name: "opening" };
const OVER: StompSession = { name: "over" };

/** What a server does about the next frame of its client. */
export function onClientFrame(
  session: StompSession,
  frame: ClientFrame,
  rules: SessionRules,
): SessionDecision {
  switch (session.name) {
    case "opening":
      return isConnect(frame) ? onConnect(frame, rules) : outOfTurn(frame, "CONNECT comes first");
    case "admitting":
      return outOfTurn(frame, "nothing may come before CONNECTED");
    case "open":
      return onOpen(session, frame, rules);
    case "over":
      return { session, effect: undefined };
    default:
      return unreachable(session);
  }
}

/** The client was let in: CONNECTED leaves. */
export function admitted({
  version,
}: Extract<StompSession, { readonly name: "admitting" }>): OpenStompSession {
  return { name: "open", version, subscriptions: NO_SUBSCRIPTIONS, transactions: NO_TRANSACTIONS };
}

/** What a reader or a typed reading has refused: the last there is of a session. */
export function refused(problem: Problem, receipt?: string): SessionDecision {
  return { session: OVER, effect: { type: "refuse", problem, error: errorFrame(problem, receipt) } };
}

function isConnect(frame: ClientFrame): frame is ConnectFrame {
  return frame.command === "CONNECT" || frame.command === "STOMP";
}

function onConnect(frame: ConnectFrame, { spoken }: SessionRules): SessionDecision {
  const version = agreeOnVersion(frame.acceptVersions, spoken);
  if (!version.ok) {
    const { problem } = version;
    return { session: OVER, effect: { type: "refuse", problem, error: versionError(spoken) } };
  }
  return {
    session: { name: "admitting", version: version.value },
    effect: { type: "admit", frame, version: version.value },
  };
}

function outOfTurn(frame: ClientFrame, detail: string): SessionDecision {
  const receipt = isConnect(frame) ? undefined : frame.receipt;
  return refused({ reason: "out-of-turn", at: frame.command, detail }, receipt);
}

function onOpen(open: OpenStompSession, frame: ClientFrame, rules: SessionRules): SessionDecision {
  switch (frame.command) {
    case "CONNECT":
    case "STOMP":
      return outOfTurn(frame, "it came before");
    case "SEND":
    case "ACK":
    case "NACK":
      return frame.transaction === undefined
        ? carryOut(open, [frame], frame.receipt)
        : onHeldBack(open, { id: frame.transaction, frame }, rules);
    case "SUBSCRIBE": {
      const subscriptions = subscribe(open.subscriptions, frame, rules);
      if (!subscriptions.ok) return refused(subscriptions.problem, frame.receipt);
      return then({ ...open, subscriptions: subscriptions.value }, { type: "subscribe", frame });
    }
    case "UNSUBSCRIBE": {
      const { id, receipt } = frame;
      const subscriptions = unsubscribe(open.subscriptions, id);
      if (!subscriptions.ok) return refused(subscriptions.problem, receipt);
      return then({ ...open, subscriptions: subscriptions.value }, { type: "unsubscribe", id, receipt });
    }
    case "BEGIN":
    case "COMMIT":
    case "ABORT":
      return onTransaction(open, frame, rules);
    case "DISCONNECT":
      return { session: OVER, effect: { type: "end", receipt: frame.receipt } };
    default:
      return unreachable(frame);
  }
}

function onTransaction(
  open: OpenStompSession,
  { command, transaction: id, receipt }: TransactionFrame,
  rules: SessionRules,
): SessionDecision {
  switch (command) {
    case "BEGIN":
      return withTransactions(open, begin(open.transactions, id, rules), receipt);
    case "ABORT":
      return withTransactions(open, abort(open.transactions, id), receipt);
    case "COMMIT": {
      const committed = commit(open.transactions, id);
      if (!committed.ok) return refused(committed.problem, receipt);
      const { transactions, frames } = committed.value;
      return carryOut({ ...open, transactions }, frames, receipt);
    }
    default:
      return unreachable(command);
  }
}

function onHeldBack(
  open: OpenStompSession,
  held: { readonly id: string; readonly frame: TransactedFrame },
  rules: SessionRules,
): SessionDecision {
  return withTransactions(open, holdBack(open.transactions, held, rules), held.frame.receipt);
}

function withTransactions(
  open: OpenStompSession,
  transactions: Decoded<Transactions>,
  receipt: string | undefined,
): SessionDecision {
  if (!transactions.ok) return refused(transactions.problem, receipt);
  const effect = receipt === undefined ? undefined : ({ type: "receipt", receipt } as const);
  return then({ ...open, transactions: transactions.value }, effect);
}

/** All frames or none: where one acknowledges what is not pending, nothing has happened. */
function carryOut(
  open: OpenStompSession,
  frames: readonly TransactedFrame[],
  receipt: string | undefined,
): SessionDecision {
  let { subscriptions } = open;
  const acknowledgements: Acknowledgement[] = [];
  for (const frame of frames.filter((each): each is AckFrame => each.command !== "SEND")) {
    const settlement = settle(subscriptions, frame.reference);
    if (!settlement.ok) return refused(settlement.problem, receipt);
    const { subscription, deliveries } = settlement.value;
    ({ subscriptions } = settlement.value);
    acknowledgements.push({ verdict: frame.command, subscription, deliveries });
  }
  const sends = frames.filter((each): each is SendFrame => each.command === "SEND");
  return then({ ...open, subscriptions }, { type: "process", sends, acknowledgements, receipt });
}

function then(session: StompSession, effect: SessionEffect | undefined): SessionDecision {
  return { session, effect };
}
