import { parseDeviceKey, type DeviceKey, type RpcOutcome } from "@heliograph/protocol";
import {
  subjects,
  type Bus,
  type CancelReply,
  type OperationId,
  type OperationRecord,
  type RpcAsk,
  type RpcReply,
  type Store,
  type Subscription,
} from "../src/ports/index.ts";

export interface RpcScript {
  readonly store: Store;
  readonly bus: Bus;
  /** What becomes of an operation once it is stored: its outcomes where it ended in time, else nothing. */
  readonly run?: (operation: OperationRecord) => Promise<readonly RpcOutcome[] | undefined>;
}

/** An engine that stores what it is asked and answers as its test says. */
export function serveScriptedRpcs({
  store,
  bus,
  run,
}: RpcScript): Subscription & { readonly asks: readonly RpcAsk[] } {
  const asks: RpcAsk[] = [];
  const served = bus.serve(subjects.everyRpc, async (ask, subject): Promise<RpcReply> => {
    asks.push(ask);
    const device = parseDeviceKey(subject.split(".").at(-2) ?? "");
    if (device === undefined) return { type: "refused", reason: "unknown-device", detail: "no such device" };
    const accepted = await accept(store, device, ask);
    if (accepted.type === "refused") return { ...accepted, detail: `refused: ${accepted.reason}` };
    const { operation } = accepted;
    const outcomes = await run?.(operation);
    if (outcomes === undefined)
      return { type: "operation", operation, repeated: accepted.type === "repeated" };
    return { type: "operation", operation: ended(operation, outcomes), repeated: false };
  });
  return { asks, unsubscribe: () => served.unsubscribe() };
}

/** Serves cancellations by ending what is queued. */
export function serveCancels(bus: Bus, store: Store): Subscription {
  return bus.serve(subjects.everyCancel, async ({ manager }, subject): Promise<CancelReply> => {
    const operation = await store.operation(idOf(subject));
    if (operation === undefined) return { type: "refused", reason: "unknown" };
    if (operation.state === "running") return { type: "refused", reason: "running" };
    if (operation.state !== "queued") return { type: "refused", reason: "ended" };
    const at = operation.createdAt;
    const generation = (await store.device(operation.device))?.generation ?? 0;
    await store.commit("end-operation", {
      operation: operation.id,
      generation,
      from: "queued",
      end: { state: "cancelled", at },
      audit: { at, manager, action: "cancel-operation", device: operation.device, detail: {} },
      events: [],
    });
    return { type: "cancelled", operation: { ...operation, state: "cancelled", endedAt: at } };
  });
}

export function accept(store: Store, device: DeviceKey, ask: RpcAsk) {
  const { id, rpcs, manager, idempotencyKey } = ask;
  const at = Date.UTC(2026, 0, 1);
  return store.commit("accept-operation", {
    operation: {
      id,
      device,
      rpcs,
      reads: false,
      manager,
      createdAt: at,
      expiresAt: ask.expiresAt ?? at + 86_400_000,
    },
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    requestHash: JSON.stringify(rpcs),
    maxOpen: 2,
    audit: { at, manager, action: "call", device, detail: {} },
    events: [{ at, device, name: "operation", operation: id, data: { state: "queued" } }],
  });
}

function ended(operation: OperationRecord, outcomes: readonly RpcOutcome[]): OperationRecord {
  const state = outcomes.some(({ fault }) => fault !== undefined) ? "faulted" : "done";
  return { ...operation, outcomes, state, endedAt: operation.createdAt };
}

function idOf(subject: string): OperationId {
  return subject.split(".").at(-2) as OperationId;
}
