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
import { decide as decideWith } from "./device.ts";
import type { Decision, DeviceInput, DeviceState } from "./state.ts";

const deviceId = { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: "1" };
const madeKey = deviceKey(deviceId);
if (madeKey === undefined) throw new Error("the fixture's device must have a key");
export const key = madeKey;

export const first = connectionId("c1");
export const second = connectionId("c2");
/** Light connections of the same device. */
export const light = connectionId("l1");
export const newer = connectionId("l2");
export const fresh = callId("call-1");
/** How long a device that was referred may take. */
export const GRACE_MS = 30_000;

/** A moment `seconds` into the test. */
export function at(seconds: number): number {
  return 1_800_000_000_000 + seconds * 1_000;
}

export const asleep: DeviceState = {
  key,
  generation: 1,
  queue: [],
  out: [],
  wake: { attempts: 0 },
  attaches: false,
};

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
    reads: false,
    outcomes: [],
    attempts: 0,
    manager: "tester",
    createdAt: at(0),
    expiresAt: at(3_600),
    ...rest,
  };
}

/** A read, named by the digit of its id. */
export function aRead(digit: string, sequence: number): OperationRecord {
  const params = { ParameterNames: ["Device.DeviceInfo."] };
  return anOperation("GetParameterValues", { params, reads: true, id: anId(digit), sequence });
}

export function anId(digit: string): OperationRecord["id"] {
  const id = operationId(digit.repeat(32));
  if (id === undefined) throw new Error(`"${digit}" is no hexadecimal digit`);
  return id;
}

export function idOfNumber(number: number): OperationRecord["id"] {
  const id = operationId(number.toString(16).padStart(32, "0"));
  if (id === undefined) throw new Error(`${number} makes no id`);
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
    connection: {
      id: first,
      transport: "classic",
      gateway: gatewayId("g"),
      engine: engineId("e"),
      openedAt: at(0),
    },
    generation: 1,
    wake: { attempts: 0 },
    credentials: "confirmed",
    credentialVersion: 1,
    tags: [],
    ...changes,
  };
}

export function opened(
  operations: readonly OperationRecord[],
  changes: Partial<Extract<DeviceInput, { type: "opened" }>> = {},
): DeviceInput {
  const usual = {
    now: at(1),
    connection: first,
    generation: 1,
    gateway: gatewayId("g"),
    device: aDevice(),
    events: [],
    graceMs: GRACE_MS,
  };
  return { ...usual, ...changes, type: "opened", operations };
}

export function ready(outcome?: CallOutcome, answers = fresh): DeviceInput {
  const ended = outcome === undefined ? {} : { ended: { callId: answers, outcome } };
  return { type: "ready", now: at(2), connection: first, generation: 1, ...ended };
}

export function closed(outcome?: CallOutcome, connection = first): DeviceInput {
  const ended = outcome === undefined ? {} : { ended: { callId: fresh, outcome } };
  return { type: "closed", now: at(3), connection, generation: 1, ...ended };
}

/** A device that offers the light transport. */
export function aLightDevice(changes: Partial<DeviceRecord> = {}): DeviceRecord {
  return aDevice({ light: { subprotocol: "cwmp.json", lapsed: false }, ...changes });
}

/** A session of a device that is referred to the light transport, by the header of its Inform's answer. */
export function referred(
  operations: readonly OperationRecord[],
  changes: Partial<Extract<DeviceInput, { type: "opened" }>> = {},
): DeviceInput {
  const offer = { url: "wss://acs.example/light", subprotocol: "cwmp.json", byParameter: false };
  return opened(operations, { device: aLightDevice(), offer, ...changes });
}

export function connected(
  operations: readonly OperationRecord[],
  changes: Partial<Extract<DeviceInput, { type: "connected" }>> = {},
): DeviceInput {
  const usual = {
    now: at(10),
    connection: light,
    generation: 2,
    gateway: gatewayId("g"),
    owedMs: 60_000,
    device: aLightDevice(),
  };
  return { ...usual, ...changes, type: "connected", operations };
}

export function attached(changes: Partial<Extract<DeviceInput, { type: "attached" }>> = {}): DeviceInput {
  const usual = { now: at(11), connection: light, generation: 2, maxInFlight: 1, replayWindow: 0 };
  return { ...usual, ...changes, type: "attached" };
}

/** The call with this id is over on a light connection. */
export function returned(
  answers: string,
  outcome: CallOutcome,
  changes: Partial<Extract<DeviceInput, { type: "returned" }>> = {},
): DeviceInput {
  const ended = { callId: callId(answers), outcome };
  return { type: "returned", now: at(12), connection: light, generation: 2, ended, ...changes };
}

/** One decision after another, each with an id of its own: `call-1`, `call-2` and so on. Gives the last. */
export function story(...inputs: readonly DeviceInput[]): Decision {
  return inputs.reduce<Decision>(
    ({ state }, input, index) => decideWith(state, input, callId(`call-${index + 1}`)),
    { state: asleep, effects: [] },
  );
}

/** The ids of the calls that leave, in order. */
export function leaving({ effects: all }: Decision): readonly string[] {
  return all.flatMap((effect) => ("callId" in effect ? [effect.callId] : []));
}

/** How operations end with a decision, and why. */
export function endings({ effects: all }: Decision): readonly string[] {
  return all.flatMap((effect) => {
    if (effect.type !== "commit" || effect.change.type !== "end-operation") return [];
    return [effect.change.change.end.state];
  });
}

/** What is decided where {@link fresh} is the id that was never used. */
export function decide(state: DeviceState, input: DeviceInput): Decision {
  return decideWith(state, input, fresh);
}

/** The state after all inputs, from a device that sleeps. */
export function after(...inputs: readonly DeviceInput[]): DeviceState {
  return inputs.reduce<DeviceState>((state, input) => decide(state, input).state, asleep);
}

/** The effects in short: what is committed, and what else is done. */
export function effects({ effects: all }: Decision): readonly string[] {
  return all.map((effect) => {
    if (effect.type === "commit") return effect.change.type;
    return effect.type === "reply" ? effect.reply : effect.type;
  });
}
