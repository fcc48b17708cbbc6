import { asError, type Clock, type Log, type Store } from "../ports/index.ts";

const PAUSE_MS = 5_000;
const BATCH = 100;

interface Ports {
  readonly store: Pick<Store, "overdueLeases" | "commit">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tells of leases whose time is over; they keep nobody from anything from that time on, told or not. */
export function expireLeases(ports: Ports): { close(): void } {
  const { clock, log } = ports;
  let timer = clock.after(PAUSE_MS, run);
  function run(): void {
    expire(ports).catch((error: unknown) => {
      log.warn("leases that are over could not be ended", { error: asError(error) });
    });
    timer = clock.after(PAUSE_MS, run);
  }
  return {
    close() {
      timer.cancel();
    },
  };
}

async function expire({ store, clock }: Ports): Promise<void> {
  const now = clock.now();
  for (const { device } of await store.overdueLeases({ now, limit: BATCH })) {
    await store.commit("expire-lease", { device, now });
  }
}
