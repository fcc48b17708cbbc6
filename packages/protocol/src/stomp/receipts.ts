import { accept, refuse, type Decoded } from "../decoded.ts";

/** The receipts that a client waits for, oldest first. */
export type Receipts = readonly string[];

export const NO_RECEIPTS: Receipts = [];

/** What a RECEIPT tells a client. */
export interface Receipted {
  readonly receipts: Receipts;
  /** Of frames that were sent before, have been received as well, and may still be processed [STOMP 1.2 RECEIPT]. */
  readonly received: readonly string[];
}

/** A frame leaves that asks for a receipt. */
export function awaitReceipt(receipts: Receipts, id: string, most: number): Decoded<Receipts> {
  if (receipts.includes(id)) return refuse("id-in-use", "receipt", "a receipt of that id is awaited");
  if (receipts.length >= most) return refuse("over-limit", "receipt", `more than ${most} are awaited`);
  return accept([...receipts, id]);
}

/** A RECEIPT came. */
export function onReceipt(receipts: Receipts, id: string): Decoded<Receipted> {
  const index = receipts.indexOf(id);
  if (index < 0) return refuse("unknown-id", "RECEIPT.receipt-id", "no receipt of that id is awaited");
  return accept({ receipts: receipts.toSpliced(index, 1), received: receipts.slice(0, index) });
}
