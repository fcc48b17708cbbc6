import type { Transcript, TranscriptEntry } from "@heliograph/api";
import type { AuditRecord, Grant, OperationRecord, Rights, Store } from "../ports/index.ts";
import { operationIn } from "./grant-work.ts";
import { present } from "./present.ts";
import { showAudit } from "./show-journal.ts";
import { showGrant } from "./show-rights.ts";
import { showOptionalTime } from "./show-time.ts";
import { visibleOperation } from "./visible.ts";

const MOST = 1_000;
const HIDING: Pick<Rights, "read" | "secrets"> = { read: [""], secrets: "hidden" };

/** What was done under a grant, from its giving on, with what came of each call. Secrets are hidden from whoever reads it. */
export async function showTranscript(store: Store, grant: Grant): Promise<Transcript> {
  const found = await store.audit({ grant: grant.id, limit: MOST });
  const items: TranscriptEntry[] = [];
  for (const record of found.toReversed()) items.push(await entryOf(store, record));
  return { grant: showGrant(grant), items, isAll: found.length < MOST };
}

async function entryOf(store: Store, record: AuditRecord): Promise<TranscriptEntry> {
  const id = record.action === "call" ? operationIn(record) : undefined;
  const operation = id === undefined ? undefined : await store.operation(id);
  return { ...showAudit(record), ...(operation === undefined ? {} : outcomeOf(operation)) };
}

function outcomeOf(operation: OperationRecord): Pick<TranscriptEntry, "state" | "outcomes" | "ended"> {
  const { state, outcomes, endedAt } = visibleOperation(HIDING, operation);
  const shown = outcomes.map(({ result, fault }) => (fault === undefined ? { result } : { fault }));
  return present({ state, outcomes: shown, ended: showOptionalTime(endedAt) });
}
