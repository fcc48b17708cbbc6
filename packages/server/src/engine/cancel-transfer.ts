import type { CancelReply, OperationRecord } from "../ports/index.ts";
import type { Devices } from "./devices.ts";
import type { EnginePorts } from "./engine-ports.ts";
import { settlingOf } from "./transfer-settling.ts";

interface Cancelling {
  readonly owned: Devices;
  readonly ports: EnginePorts;
  readonly manager: string;
}

/** Nobody waits for the transfer any more. The device is not told: that is what CancelTransfer is for [CWMP 1.4 A.4.1.9]. */
export function cancelTransfer(
  { id, device }: OperationRecord,
  { owned, ports, manager }: Cancelling,
): Promise<CancelReply> {
  const { store, clock } = ports;
  return owned.open<CancelReply>(device, async () => {
    const now = clock.now();
    const found = await store.operation(id);
    const detail = { operation: id };
    const audit = { at: now, manager, action: "cancel-operation", device, detail };
    const settling = found && settlingOf(found, { input: { type: "cancelled", now }, audit });
    const isHeld = settling !== undefined && (await store.commit("settle-transfer", settling)).held;
    const operation = await store.operation(id);
    if (!isHeld || operation === undefined) return { reply: { type: "refused", reason: "ended" } };
    return { reply: { type: "cancelled", operation }, input: { type: "settled", now, operation: id } };
  });
}
