import { accept, refuse, type Decoded } from "../decoded.ts";
import type { AckFrame, SendFrame } from "./client-frame.ts";

/** What may be part of a transaction. */
export type TransactedFrame = SendFrame | AckFrame;

interface Transaction {
  readonly frames: readonly TransactedFrame[];
  readonly weight: number;
}

/** The transactions of one connection that have begun and not ended. They end with it: nobody hears of them then. */
export interface Transactions {
  readonly open: ReadonlyMap<string, Transaction>;
}

export interface TransactionLimits {
  readonly maxTransactions: number;
  readonly maxFramesPerTransaction: number;
  /** Bytes of bodies and characters of headers that are held back for the open transactions of a connection. */
  readonly maxHeldBack: number;
}

export const NO_TRANSACTIONS: Transactions = { open: new Map() };

/** What a COMMIT lets happen, in the order it was asked for. */
export interface Committed {
  readonly transactions: Transactions;
  readonly frames: readonly TransactedFrame[];
}

/** [STOMP 1.2 BEGIN] The id of one that has ended may be given again. */
export function begin(
  { open }: Transactions,
  id: string,
  { maxTransactions }: TransactionLimits,
): Decoded<Transactions> {
  if (open.has(id)) return refuse("id-in-use", "BEGIN.transaction", "a transaction of that id is open");
  if (open.size >= maxTransactions) {
    return refuse("over-limit", "BEGIN", `more than ${maxTransactions} transactions`);
  }
  return accept({ open: new Map(open).set(id, { frames: [], weight: id.length }) });
}

/** Holds a frame back until its transaction is committed. */
export function holdBack(
  { open }: Transactions,
  { id, frame }: { readonly id: string; readonly frame: TransactedFrame },
  { maxFramesPerTransaction, maxHeldBack }: TransactionLimits,
): Decoded<Transactions> {
  const transaction = open.get(id);
  if (transaction === undefined) return unknownId(frame.command);
  if (transaction.frames.length >= maxFramesPerTransaction) {
    return refuse(
      "over-limit",
      frame.command,
      `more than ${maxFramesPerTransaction} frames in a transaction`,
    );
  }
  const added = weightOf(frame);
  if (totalWeight(open) + added > maxHeldBack) {
    return refuse("over-limit", frame.command, `more than ${maxHeldBack} bytes in open transactions`);
  }
  return accept({
    open: new Map(open).set(id, {
      frames: [...transaction.frames, frame],
      weight: transaction.weight + added,
    }),
  });
}

export function commit({ open }: Transactions, id: string): Decoded<Committed> {
  const transaction = open.get(id);
  if (transaction === undefined) return unknownId("COMMIT");
  return accept({ transactions: without(open, id), frames: transaction.frames });
}

export function abort({ open }: Transactions, id: string): Decoded<Transactions> {
  return open.has(id) ? accept(without(open, id)) : unknownId("ABORT");
}

function without(open: Transactions["open"], id: string): Transactions {
  const left = new Map(open);
  left.delete(id);
  return { open: left };
}

function unknownId(command: string): Decoded<never> {
  return refuse("unknown-id", `${command}.transaction`, "no transaction of that id is open");
}

function totalWeight(open: Transactions["open"]): number {
  let total = 0;
  for (const { weight } of open.values()) total += weight;
  return total;
}

/** What a frame takes up: its headers may be larger than its body. */
function weightOf(frame: TransactedFrame): number {
  let own = (frame.transaction?.length ?? 0) + (frame.receipt?.length ?? 0);
  for (const [name, value] of frame.headers) own += name.length + value.length;
  return own + (frame.command === "SEND" ? weightOfSend(frame) : weightOfAck(frame));
}

function weightOfSend({ destination, contentType, body }: SendFrame): number {
  return destination.length + (contentType?.length ?? 0) + body.length;
}

function weightOfAck({ reference }: AckFrame): number {
  if (reference.by === "ack") return reference.ack.length;
  return reference.messageId.length + (reference.subscription?.length ?? 0);
}
