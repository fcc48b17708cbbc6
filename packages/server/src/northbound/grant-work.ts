import {
  asError,
  operationId,
  subjects,
  type AuditRecord,
  type GrantId,
  type OperationId,
} from "../ports/index.ts";
import { ACCEPT_MS } from "./carry-out.ts";
import type { NorthboundPorts } from "./settings.ts";

const PAGE = 500;

/** Cancels what was asked for under a grant and is not with its device yet. What cannot be cancelled is logged. */
export async function cancelGrantWork(ports: NorthboundPorts, grant: GrantId): Promise<void> {
  const { store, bus, log } = ports;
  for await (const id of callsOf(ports, grant)) {
    const operation = await store.operation(id);
    if (operation === undefined || operation.endedAt !== undefined) continue;
    try {
      await bus.request(subjects.cancel(id), { manager: `grant:${grant}` }, { timeoutMs: ACCEPT_MS });
    } catch (error) {
      log.warn("an operation of a revoked grant could not be cancelled", { id, error: asError(error) });
    }
  }
}

async function* callsOf({ store }: NorthboundPorts, grant: GrantId): AsyncGenerator<OperationId> {
  let before: number | undefined;
  for (;;) {
    const page = await store.audit({
      grant,
      action: "call",
      limit: PAGE,
      ...(before === undefined ? {} : { before }),
    });
    for (const record of page) {
      const id = operationIn(record);
      if (id !== undefined) yield id;
    }
    before = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}

/** The operation that an entry of the audit log is of. */
export function operationIn({ detail }: Pick<AuditRecord, "detail">): OperationId | undefined {
  const { operation } = detail;
  return typeof operation === "string" ? operationId(operation) : undefined;
}
