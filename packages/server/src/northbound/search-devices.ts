import type { Expression } from "@heliograph/protocol";
import type { Clock, DeviceRecord, Store } from "../ports/index.ts";

/** Nobody waits longer for a page, however many devices must be looked at for it. */
const BUDGET_MS = 2_000;

export interface Search {
  readonly where: Expression;
  readonly after: string | undefined;
  readonly limit: number;
  /** Besides the expression: whether whoever asks sees the device. */
  readonly isSeen: (device: DeviceRecord) => boolean;
}

export interface Found {
  readonly items: readonly DeviceRecord[];
  readonly next?: string;
  /** The time was over before the page was full. */
  readonly unfinished?: true;
}

/** Asks the store for one stretch of devices after the other, until the page is full, they are all, or the time is over. */
export async function searchDevices(
  {
    store,
    clock,
  }: { readonly store: Pick<Store, "searchDevices">; readonly clock: Pick<Clock, "now" | "elapsed"> },
  { where, limit, isSeen, ...search }: Search,
): Promise<Found> {
  const began = clock.elapsed();
  const now = clock.now();
  const items: DeviceRecord[] = [];
  let { after } = search;
  for (;;) {
    const from = after === undefined ? {} : { after };
    const page = await store.searchDevices({ where, now, limit: limit - items.length, ...from });
    items.push(...page.items.filter(isSeen));
    after = page.next;
    if (after === undefined) return { items };
    if (items.length >= limit) return { items, next: after };
    if (clock.elapsed() - began >= BUDGET_MS) return { items, next: after, unfinished: true };
  }
}
