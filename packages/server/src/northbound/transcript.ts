import type { Transcript, TranscriptEntry } from "@heliograph/api";
import type { Grant, OperationRecord, Rights, Store } from "../ports/index.ts";
import { withOutcomes } from "./audit-outcomes.ts";
import { showGrant } from "./show-rights.ts";
import { visibleOperation } from "./visible.ts";

const MOST = 1_000;
const HIDING: Pick<Rights, "read" | "secrets"> = { read: [""], secrets: "hidden" };

/** What was done under a grant, from its giving on, with what came of each call. Secrets are hidden from whoever reads it. */
export async function showTranscript(store: Store, grant: Grant): Promise<Transcript> {
  const found = await store.audit({ grant: grant.id, limit: MOST });
  const audited = await withOutcomes(store, found.toReversed());
  const items = audited.map(({ entry, operation }): TranscriptEntry => {
    return operation === undefined ? entry : { ...entry, outcomes: outcomesOf(operation) };
  });
  return { grant: showGrant(grant), items, isAll: found.length < MOST };
}

function outcomesOf(operation: OperationRecord): NonNullable<TranscriptEntry["outcomes"]> {
  const { outcomes } = visibleOperation(HIDING, operation);
  return outcomes.map(({ result, fault }) => (fault === undefined ? { result } : { fault }));
}
