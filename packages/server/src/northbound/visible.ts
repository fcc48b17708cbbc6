import {
  grouped,
  groupedEntries,
  type DeviceKey,
  type Grouped,
  type JsonObject,
  type JsonValue,
} from "@heliograph/protocol";
import {
  HIDDEN,
  isSecret,
  may,
  mayRead,
  withoutSecrets,
  type AuditRecord,
  type EventRecord,
  type LearnedParameter,
  type LearnedParameters,
  type OperationRecord,
  type Principal,
  type Rights,
} from "../ports/index.ts";
import type { Manager } from "./authentication.ts";

/** Of what the ACS keeps, as much as somebody may see [LIGHT 7]. */

export function seesDevice({ rights }: Pick<Principal, "rights">, device: DeviceKey): boolean {
  return may(rights, { type: "see", device }).type === "allowed";
}

/** Those of devices that somebody sees now. */
export async function ofSeenDevices<T extends { readonly device: DeviceKey }>(
  manager: Manager,
  items: readonly T[],
): Promise<readonly T[]> {
  const on = await manager.on([...new Set(items.map(({ device }) => device))]);
  return items.filter(({ device }) => seesDevice(on, device));
}

/** An answer may hold more than what its reader may read: it is seen by who asked, and by who may read everything. */
export async function seenOperations(
  manager: Manager,
  operations: readonly OperationRecord[],
): Promise<readonly OperationRecord[]> {
  const on = await manager.on([...new Set(operations.map(({ device }) => device))]);
  return operations.filter(
    (operation) =>
      seesDevice(on, operation.device) && (readsEverything(on.rights) || operation.manager === on.name),
  );
}

/** Without the secrets, and without what a device told beyond what it was asked and its reader may read. */
export function visibleOperation(
  { read, secrets }: Pick<Rights, "read" | "secrets">,
  operation: OperationRecord,
): OperationRecord {
  if (secrets === "shown" && read.includes("")) return operation;
  const visible = (object: JsonObject): JsonObject => (secrets === "shown" ? object : withoutSecrets(object));
  return {
    ...operation,
    rpcs: operation.rpcs.map((rpc) => ({ ...rpc, params: visible(rpc.params) })),
    outcomes: operation.outcomes.map((outcome) =>
      outcome.result === undefined ? outcome : { result: visible(readableResult(outcome.result, read)) },
    ),
  };
}

/** Devices may take a parameter's path for that of an object, and tell all that is below it. */
export function readableResult(result: JsonObject, read: readonly string[]): JsonObject {
  const { ParameterList } = result;
  if (read.includes("") || !isGrouped(ParameterList)) return result;
  return { ...result, ParameterList: readablePart(ParameterList, read) };
}

export function visibleParameters({ read, secrets }: Rights, learned: LearnedParameters): LearnedParameters {
  if (read.includes("") && secrets === "shown") return learned;
  const kept = [...groupedEntries(readablePart(learned, read))];
  return grouped(kept.map(([path, each]) => [path, shown(path, each, secrets)] as const));
}

function readablePart<T>(list: Grouped<T>, read: readonly string[]): Grouped<T> {
  return grouped([...groupedEntries(list)].filter(([path]) => mayRead(path, read)));
}

function isGrouped(value: JsonValue | undefined): value is Readonly<Record<string, JsonObject>> {
  return isJsonObject(value) && Object.values(value).every(isJsonObject);
}

function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Those of devices that are seen, and as much of them. */
export async function visibleEvents(
  manager: Manager,
  events: readonly EventRecord[],
): Promise<readonly EventRecord[]> {
  const on = await manager.on([...new Set(events.map(({ device }) => device))]);
  return events.flatMap((event) => visibleEvent(on, event) ?? []);
}

/** Undefined where it is of a device that is not seen. */
function visibleEvent(principal: Principal, event: EventRecord): EventRecord | undefined {
  const { rights } = principal;
  if (!seesDevice(principal, event.device)) return undefined;
  const data = rights.secrets === "shown" ? event.data : withoutSecrets(event.data);
  return { ...event, data: readsEverything(rights) ? data : readable(data, rights) };
}

/** Those of devices that are seen, and of none; without what was written, where not everything may be read. */
export async function visibleAudits(
  manager: Manager,
  records: readonly AuditRecord[],
): Promise<readonly AuditRecord[]> {
  const on = await manager.on([...new Set(records.flatMap(({ device }) => device ?? []))]);
  return records.flatMap((record) => visibleAudit(on, record) ?? []);
}

function visibleAudit(principal: Principal, record: AuditRecord): AuditRecord | undefined {
  const { device, detail } = record;
  if (device !== undefined && !seesDevice(principal, device)) return undefined;
  if (readsEverything(principal.rights)) return record;
  return { ...record, detail: Object.fromEntries(Object.entries(detail).filter(([name]) => name !== "set")) };
}

function readsEverything({ read }: Rights): boolean {
  return read.includes("");
}

function shown(path: string, parameter: LearnedParameter, secrets: Rights["secrets"]): LearnedParameter {
  const isHidden = secrets === "hidden" && isSecret(path) && (parameter.value ?? "") !== "";
  return isHidden ? { ...parameter, value: HIDDEN } : parameter;
}

/** Paths that may be read, and whatever holds none; what a device reports of its own is not looked into but left out. */
function readable(data: JsonObject, { read }: Rights): JsonObject {
  const entries = Object.entries(data).filter(([name]) => name !== "params");
  return Object.fromEntries(
    entries.map(([name, value]): [string, JsonValue] => [
      name,
      name === "parameters" && Array.isArray(value)
        ? value.filter((path) => typeof path === "string" && mayRead(path, read))
        : value,
    ]),
  );
}
