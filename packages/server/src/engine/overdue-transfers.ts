import { asError, type OperationRecord } from "../ports/index.ts";
import type { Devices } from "./devices.ts";
import type { EnginePorts } from "./engine-ports.ts";
import { settlingOf } from "./transfer-settling.ts";

const PAUSE_MS = 5_000;
const BATCH = 100;

interface Watching {
  readonly owned: Devices;
  readonly ports: EnginePorts;
}

/** Ends transfers of which nobody told in time; whoever tells later is still heard. */
export function watchTransfers(watching: Watching): { close(): void } {
  const { clock, log } = watching.ports;
  let timer = clock.after(PAUSE_MS, run);
  function run(): void {
    endOverdue(watching).catch((error: unknown) => {
      log.warn("transfers that are overdue could not be ended", { error: asError(error) });
    });
    timer = clock.after(PAUSE_MS, run);
  }
  return {
    close() {
      timer.cancel();
    },
  };
}

/** As many as in one batch: the next ones are looked at when the next time comes. */
async function endOverdue({ owned, ports }: Watching): Promise<void> {
  const now = ports.clock.now();
  const overdue = await ports.store.overdueTransfers({ now, limit: BATCH });
  for (const operation of overdue) await endTransfer(operation, { owned, ports }, now);
}

async function endTransfer({ id, device }: OperationRecord, watching: Watching, now: number): Promise<void> {
  const { owned, ports } = watching;
  await owned.open<undefined>(device, async () => {
    const operation = await ports.store.operation(id);
    const settling = operation && settlingOf(operation, { input: { type: "due", now } });
    if (settling === undefined) return { reply: undefined };
    const { held } = await ports.store.commit("settle-transfer", settling);
    return { reply: undefined, ...(held ? { input: { type: "settled", now, operation: id } } : {}) };
  });
}
