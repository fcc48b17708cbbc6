import type { Timer } from "../ports/index.ts";
import type { Clocked } from "./clock-jump.ts";

/** One device in memory: what is known of it, and what it still has to look at. */
export interface Mailbox extends Clocked {
  last: Promise<unknown>;
  waiting: number;
  timer: Timer | undefined;
  /** The last turn failed: what it was to do is left undone. */
  hasFailed: boolean;
}

export function newMailbox(lead: number): Mailbox {
  return { state: undefined, lead, last: Promise.resolve(), waiting: 0, timer: undefined, hasFailed: false };
}
