import { deviceKey, type DeviceKey, type JsonObject } from "@heliograph/protocol";
import type { EnrolDevice } from "../enrolment.ts";
import { callId, connectionId, engineId, gatewayId, operationId, type OperationId } from "../ids.ts";
import type {
  ApiToken,
  Approval,
  AuditEntry,
  DeviceCall,
  DeviceConnection,
  DeviceRecord,
  NewEvent,
  OpenedDevice,
  OperationRecord,
} from "../records.ts";
import type { ClaimCall, EndOperation, Pair, RecordOutcome } from "../call-changes.ts";
import type { Held } from "../held.ts";
import type { OpenLightConnection } from "../light-changes.ts";
import type { AcceptOperation, OpenConnection, Store } from "../store.ts";

/** A store, and the way to the same data once it was closed. */
export interface StoreUnderTest {
  readonly store: Store;
  reopen(): Promise<Store>;
  /** Closes what is open and removes the data. */
  remove(): Promise<void>;
}

export type OpenStore = (options?: { readonly maxWaiting?: number }) => Promise<StoreUnderTest>;

/** Declares a test of a part of the suite. */
export type On = (title: string, body: (store: Store) => Promise<void>) => void;

export const ADDRESS = "192.0.2.1";

/** A moment `seconds` into the test. */
export function at(seconds: number): number {
  return 1_800_000_000_000 + seconds * 1_000;
}

/** The device with this serial number. */
export function keyOf(serialNumber: string): DeviceKey {
  const key = deviceKey(deviceIdOf(serialNumber));
  if (key === undefined) throw new Error(`no device has the serial number ${serialNumber}`);
  return key;
}

function deviceIdOf(serialNumber: string) {
  return { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: serialNumber };
}

export function enrolment(serialNumber: string, changes: Partial<EnrolDevice> = {}): EnrolDevice {
  return {
    key: keyOf(serialNumber),
    deviceId: deviceIdOf(serialNumber),
    approval: "approved",
    by: "open-enrolment",
    address: ADDRESS,
    at: at(0),
    maxWaiting: 100,
    maxWaitingPerAddress: 100,
    events: [],
    ...changes,
  };
}

/** Enrols a device as approved, and gives its key. */
export async function enrolled(store: Store, serialNumber: string): Promise<DeviceKey> {
  await store.commit("enrol-device", enrolment(serialNumber));
  return keyOf(serialNumber);
}

export function opening(
  device: DeviceKey,
  connection: string,
  changes: Partial<OpenConnection> = {},
): OpenConnection {
  return {
    key: device,
    connection: connectionOf(connection),
    address: ADDRESS,
    at: at(10),
    facts: {},
    style: { namespace: "urn:dslforum-org:cwmp-1-2", declaration: true },
    lightSubprotocol: undefined,
    credentialVersion: at(0),
    parameters: {},
    booted: false,
    bootstrapped: false,
    events: [],
    ...changes,
  };
}

/** Of a device, what its opened connection is given. */
export function openedPart(device: DeviceRecord): OpenedDevice {
  const { key, generation, credentialVersion, credentials, facts, wake, light } = device;
  const part = { key, generation, credentialVersion, credentials, facts, wake };
  return light === undefined ? part : { ...part, light };
}

export function connectionOf(
  id: string,
  engine = "e1",
  transport: DeviceConnection["transport"] = "classic",
): DeviceConnection {
  return {
    id: connectionId(id),
    transport,
    gateway: gatewayId("g1"),
    engine: engineId(engine),
    openedAt: at(10),
  };
}

/** Opens a connection of an approved device, and gives the pair that its holder has. */
export async function connected(store: Store, device: DeviceKey, connection: string): Promise<Pair> {
  const opened = await store.commit("open-connection", opening(device, connection));
  if (!("device" in opened)) throw new Error(`the connection was refused: ${JSON.stringify(opened)}`);
  return { connection: connectionId(connection), generation: opened.device.generation };
}

export function lightOpening(
  device: DeviceKey,
  connection: string,
  changes: Partial<OpenLightConnection> = {},
): OpenLightConnection {
  return {
    key: device,
    connection: connectionOf(connection, "e1", "light"),
    address: ADDRESS,
    subprotocol: "cwmp.json",
    credentialVersion: at(0),
    events: [],
    ...changes,
  };
}

/** Opens a light connection of a device that enrolled when the test began, and gives the pair that its holder has. */
export async function attached(store: Store, device: DeviceKey, connection: string): Promise<Pair> {
  const opened = await store.commit("open-light-connection", lightOpening(device, connection));
  if (!("device" in opened)) throw new Error(`the light connection was refused: ${JSON.stringify(opened)}`);
  return { connection: connectionId(connection), generation: opened.device.generation };
}

/** What a token must say to be good for the device. */
export async function versionOf(store: Store, device: DeviceKey): Promise<number> {
  const known = await store.device(device);
  if (known === undefined) throw new Error(`no device has the key ${device}`);
  return known.credentialVersion;
}

export function idOf(digit: string): OperationId {
  const id = operationId(digit.padStart(32, "0"));
  if (id === undefined) throw new Error(`no operation has the id ${digit}`);
  return id;
}

export const getValues: DeviceCall = {
  method: "GetParameterValues",
  params: { ParameterNames: ["Device.DeviceInfo."] },
};

export function reboot(commandKey: string): DeviceCall {
  return { method: "Reboot", params: { CommandKey: commandKey } };
}

interface Asked extends Partial<Omit<AcceptOperation, "operation">> {
  readonly rpcs?: readonly DeviceCall[];
  readonly manager?: string;
  readonly reads?: boolean;
}

/** What a manager asks of a device; `digit` makes the operation's id. */
export function asking(device: DeviceKey, digit: string, asked: Asked = {}): AcceptOperation {
  const { rpcs = [getValues], manager = "admin", reads = false, ...changes } = asked;
  const times = { createdAt: at(20), expiresAt: at(3_600) };
  const operation = { id: idOf(digit), device, rpcs, reads, manager, ...times };
  return {
    operation,
    requestHash: JSON.stringify(rpcs),
    maxOpen: 10,
    audit: anAudit("call", { device, detail: { operation: operation.id } }),
    events: [operationEvent(device, digit, "queued")],
    ...changes,
  };
}

/** Stores an operation, and gives it as it was stored. */
export async function accepted(store: Store, change: AcceptOperation): Promise<OperationRecord> {
  const result = await store.commit("accept-operation", change);
  if (result.type !== "accepted") throw new Error(`the operation was ${result.type}`);
  return result.operation;
}

export function claiming(
  device: DeviceKey,
  digit: string,
  { pair, call }: { readonly pair: Pair; readonly call: string },
): ClaimCall {
  return {
    operation: idOf(digit),
    device,
    claim: { callId: callId(call), ...pair, at: at(30) },
    events: [operationEvent(device, digit, "running")],
  };
}

export function outcome(
  device: DeviceKey,
  digit: string,
  changes: Pair & { readonly call: string } & Partial<RecordOutcome>,
): RecordOutcome {
  const { call, ...rest } = changes;
  return {
    operation: idOf(digit),
    device,
    callId: callId(call),
    outcome: { result: {} },
    events: [],
    ...rest,
  };
}

export function ending(device: DeviceKey, digit: string, changes: Partial<EndOperation> = {}): EndOperation {
  return {
    operation: idOf(digit),
    from: "queued",
    generation: 0,
    end: { state: "cancelled", at: at(40), reason: "cancelled by admin" },
    events: [operationEvent(device, digit, "cancelled")],
    ...changes,
  };
}

/** Ends an operation, by whoever holds its device. */
export async function end(
  store: Store,
  [device, digit]: readonly [DeviceKey, string],
  changes: Partial<EndOperation> = {},
): Promise<Held> {
  const generation = await generationOf(store, device);
  return store.commit("end-operation", ending(device, digit, { generation, ...changes }));
}

export async function generationOf(store: Store, device: DeviceKey): Promise<number> {
  return (await store.device(device))?.generation ?? 0;
}

export function anEvent(device: DeviceKey, name: string, changes: Partial<NewEvent> = {}): NewEvent {
  return { at: at(10), device, name, data: {}, ...changes };
}

function operationEvent(device: DeviceKey, digit: string, state: string): NewEvent {
  return anEvent(device, "operation", { operation: idOf(digit), data: { state } });
}

export function anAudit(action: string, changes: Partial<AuditEntry> = {}): AuditEntry {
  return { at: at(20), manager: "admin", action, detail: {}, ...changes };
}

export function aToken(id: string, changes: Partial<ApiToken> = {}): ApiToken {
  return { id, name: `token ${id}`, role: "admin", hash: `hash-of-${id}`, createdAt: at(0), ...changes };
}

export function approving(device: DeviceKey, approval: Approval, seconds = 20) {
  return {
    device,
    approval,
    audit: anAudit("set-approval", { device, at: at(seconds), detail: { approval } }),
    events: [anEvent(device, "approval", { data: { approval } })],
  };
}

export async function eventNames(store: Store): Promise<readonly string[]> {
  const events = await store.events({ after: 0, limit: 1_000 });
  return events.map(({ name, data }) => [name, ...Object.values(data).map(told)].join(" "));
}

function told(value: JsonObject[string]): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
