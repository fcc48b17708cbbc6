import { deviceKey, type JsonObject } from "@heliograph/protocol";
import {
  callId,
  connectionId,
  engineId,
  gatewayId,
  operationId,
  type CallOutcome,
  type DeviceRecord,
  type OperationRecord,
} from "../ports/index.ts";
import type { Decision, DeviceInput, DeviceState } from "./state.ts";

const deviceId = { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: "1" };
const madeKey = deviceKey(deviceId);
if (madeKey === undefined) throw new Error("the fixture's device must have a key");
export const key = madeKey;

export const first = connectionId("c1");
export const second = connectionId("c2");
export const fresh = callId("call-1");

/** A moment `seconds` into the test. */
export function at(seconds: number): number {
  return 1_800_000_000_000 + seconds * 1_000;
}

export const asleep: DeviceState = { key, queue: [], wake: { attempts: 0 } };

export function anOperation(
  method: string,
  changes: Partial<OperationRecord> & { readonly params?: JsonObject } = {},
): OperationRecord {
  const { params = {}, ...rest } = changes;
  return {
    id: anId("a"),
    device: key,
    sequence: 1,
    state: "queued",
    rpcs: [{ method, params }],
    outcomes: [],
    attempts: 0,
    manager: "tester",
    createdAt: at(0),
    expiresAt: at(3_600),
    ...rest,
  };
}

export function anId(digit: string): OperationRecord["id"] {
  const id = operationId(digit.repeat(32));
  if (id === undefined) throw new Error(`"${digit}" is no hexadecimal digit`);
  return id;
}

/** The same operation with a call out on the first connection. */
export function claimed(operation: OperationRecord): OperationRecord {
  const claim = { callId: fresh, connection: first, generation: 1, at: at(0) };
  return { ...operation, state: "running", attempts: operation.attempts + 1, claim };
}

export function aDevice(changes: Partial<DeviceRecord> = {}): DeviceRecord {
  return {
    key,
    deviceId,
    approval: "approved",
    enrolledAt: at(0),
    enrolledBy: "open-enrolment",
    address: "127.0.0.1",
    facts: { root: "Device." },
    connection: { id: first, gateway: gatewayId("g"), engine: engineId("e"), openedAt: at(0) },
    generation: 1,
    wake: { attempts: 0 },
    credentials: "confirmed",
    tags: [],
    ...changes,
  };
}

export function opened(
  operations: readonly OperationRecord[],
  changes: Partial<Extract<DeviceInput, { type: "opened" }>> = {},
): DeviceInput {
  const usual = { now: at(1), connection: first, generation: 1, device: aDevice(), events: [] };
  return { ...usual, ...changes, type: "opened", operations };
}

export function ready(outcome?: CallOutcome, answers = fresh): DeviceInput {
  const ended = outcome === undefined ? {} : { ended: { callId: answers, outcome } };
  return { type: "ready", now: at(2), connection: first, generation: 1, fresh, ...ended };
}

export function closed(outcome?: CallOutcome, connection = first): DeviceInput {
  const ended = outcome === undefined ? {} : { ended: { callId: fresh, outcome } };
  return { type: "closed", now: at(3), connection, generation: 1, ...ended };
}

/** The state after all inputs, from a device that sleeps. */
export function after(
  decide: (state: DeviceState, input: DeviceInput) => Decision,
  ...inputs: DeviceInput[]
): DeviceState {
  return inputs.reduce<DeviceState>((state, input) => decide(state, input).state, asleep);
}

/** The effects in short: what is committed, and what else is done. */
export function effects({ effects: all }: Decision): readonly string[] {
  return all.map((effect) => {
    if (effect.type === "commit") return effect.change.type;
    return effect.type === "reply" ? effect.reply : effect.type;
  });
}
