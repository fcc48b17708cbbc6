import type { AuditChange, AuditEntry } from "@heliograph/api";
import { decodeDeviceRequest, groupedEntries, type JsonObject, type JsonValue } from "@heliograph/protocol";
import type { AuditRecord, DeviceCall, OperationRecord, Store } from "../ports/index.ts";
import { operationIn } from "./grant-work.ts";
import { present } from "./present.ts";
import { showAudit } from "./show-journal.ts";
import { showOptionalTime } from "./show-time.ts";

/** An entry of the audit log, and the operation that it is of as far as that is kept. */
export interface AuditedCall {
  readonly entry: AuditEntry;
  readonly operation: OperationRecord | undefined;
}

/** Entries as they are shown: a call with its operation, how that has ended, and what it changed. */
export async function withOutcomes(
  store: Pick<Store, "operation">,
  records: readonly AuditRecord[],
): Promise<readonly AuditedCall[]> {
  return Promise.all(
    records.map(async (record) => {
      const id = record.action === "call" ? operationIn(record) : undefined;
      if (id === undefined) return { entry: showAudit(record), operation: undefined };
      const operation = await store.operation(id);
      const known = outcomeOf(operation, record.detail);
      return { entry: { ...showAudit(record), operation: id, ...known }, operation };
    }),
  );
}

type Outcome = Pick<AuditEntry, "state" | "ended" | "faults" | "changes">;

function outcomeOf(operation: OperationRecord | undefined, { set }: JsonObject): Outcome {
  const faults = (operation?.outcomes ?? []).flatMap(({ fault }) =>
    fault === undefined ? [] : [{ code: fault.code, message: fault.message }],
  );
  const changes = isObject(set) ? changesOf(operation, set) : [];
  return present({
    state: operation?.state,
    ended: showOptionalTime(operation?.endedAt),
    faults: faults.length === 0 ? undefined : faults,
    changes: changes.length === 0 ? undefined : changes,
  });
}

/** What was noted before each value was written, secrets hidden, and what is there since: where nobody knows it is left out. */
function changesOf(operation: OperationRecord | undefined, set: JsonObject): readonly AuditChange[] {
  return Object.entries(set).map(([path, noted]) => {
    const { from, to } = isObject(noted) ? noted : {};
    const after = operation && afterwards(operation, path, { from, to });
    return present({ path, before: from, asked: to, after });
  });
}

interface Noted {
  readonly from: JsonValue | undefined;
  readonly to: JsonValue | undefined;
}

function afterwards(
  { rpcs, outcomes, endedAt, state }: OperationRecord,
  path: string,
  { from, to }: Noted,
): JsonValue | undefined {
  if (endedAt === undefined) return undefined;
  const written = rpcs.flatMap((rpc, index) => (writes(rpc, path) ? [outcomes[index]] : []));
  if (written.at(-1)?.result !== undefined) return to;
  const isUntouched = written.every((outcome) => outcome?.result === undefined);
  return isUntouched && state !== "outcome-unknown" ? from : undefined;
}

function writes({ method, params }: DeviceCall, path: string): boolean {
  const request = decodeDeviceRequest(method, params);
  if (!request.ok || request.value.method !== "SetParameterValues") return false;
  return [...groupedEntries<unknown>(request.value.params.ParameterList)].some(([each]) => each === path);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
