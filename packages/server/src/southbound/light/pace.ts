/** What a device may send: a budget that fills with time, and what each message takes from it. */
export interface Budget {
  readonly left: number;
  readonly at: number;
  /** Since when the device has sent more than it may, with no pause worth the name. */
  readonly overSince: number | undefined;
}

/** `over`: the message is too much. `abusive`: and the device was told so for long. */
export type Pace = "within" | "over" | "abusive";

/** Longer messages of a device that sends too much are not even read. */
export const MOST_READ_BYTES = 16 * 1024;

/** Who sends too much is heard in turns so far apart that others are served in between. */
export const SLOW_TURN_MS = 10;

export interface PaceBounds {
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  readonly abuseMs: number;
}

/** A message that is longer than this counts as several: it takes as long to read. */
const BYTES_OF_ONE = 16 * 1024;

export function fullBudget({ messageBurst }: PaceBounds, now: number): Budget {
  return { left: messageBurst, at: now, overSince: undefined };
}

/** Takes one message from the budget. Where the clock jumped, the budget neither fills nor empties by it. */
export function spend(
  budget: Budget,
  message: { readonly bytes: number; readonly now: number },
  bounds: PaceBounds,
): { readonly budget: Budget; readonly pace: Pace } {
  const { messagesPerSecond, messageBurst, abuseMs } = bounds;
  const { bytes, now } = message;
  const passedMs = Math.max(0, now - budget.at);
  const filled = Math.min(messageBurst, budget.left + (passedMs * messagesPerSecond) / 1000);
  const cost = Math.min(messageBurst, 1 + Math.floor(bytes / BYTES_OF_ONE));
  const overSince = filled >= messageBurst / 2 ? undefined : budget.overSince;
  if (filled >= cost) return { budget: { left: filled - cost, at: now, overSince }, pace: "within" };
  const since = Math.min(overSince ?? now, now);
  const over: Budget = { left: filled, at: now, overSince: since };
  return { budget: over, pace: now - since >= abuseMs ? "abusive" : "over" };
}
