import type { Expression } from "@heliograph/protocol";
import type { Clock, DeviceRecord, Store } from "../ports/index.ts";

/** Nobody waits longer for a page, however many devices must be looked at for it. */
const BUDGET_MS = 2_000;

interface SearchPorts {
  readonly store: Pick<Store, "searchDevices">;
  readonly clock: Pick<Clock, "now" | "elapsed">;
}

export interface Search {
  readonly where: Expression;
  readonly after: string | undefined;
  readonly limit: number;
  /** Those of them that whoever asks sees. */
  readonly seenOf: (devices: readonly DeviceRecord[]) => Promise<readonly DeviceRecord[]>;
}

export interface Found {
  readonly items: readonly DeviceRecord[];
  readonly next?: string;
  /** The time was over before the page was full. */
  readonly unfinished?: true;
}

/** Asks the store for one stretch of devices after the other, until the page is full, they are all, or the time is over. */
export async function searchDevices(
  { store, clock }: SearchPorts,
  { where, limit, seenOf, ...search }: Search,
): Promise<Found> {
  const began = clock.elapsed();
  const now = clock.now();
  const items: DeviceRecord[] = [];
  let { after } = search;
  for (;;) {
    const from = after === undefined ? {} : { after };
    const page = await store.searchDevices({ where, now, limit: limit - items.length, ...from });
    items.push(...(await seenOf(page.items)));
    after = page.next;
    if (after === undefined) return { items };
    if (items.length >= limit) return { items, next: after };
    if (clock.elapsed() - began >= BUDGET_MS) return { items, next: after, unfinished: true };
  }
}

const COUNTED_AT_ONCE = 500;

/** How many devices an expression is true of now; nobody waits longer for it than for a page. */
export async function countDevices(
  { store, clock }: SearchPorts,
  where: Expression,
): Promise<{ readonly devices: number; readonly unfinished?: true }> {
  const began = clock.elapsed();
  let devices = 0;
  let after: string | undefined;
  do {
    const from = after === undefined ? {} : { after };
    const page = await store.searchDevices({ where, now: clock.now(), limit: COUNTED_AT_ONCE, ...from });
    devices += page.items.length;
    after = page.next;
    if (after !== undefined && clock.elapsed() - began >= BUDGET_MS) return { devices, unfinished: true };
  } while (after !== undefined);
  return { devices };
}
