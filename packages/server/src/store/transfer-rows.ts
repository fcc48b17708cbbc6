import type {
  OperationState,
  TransferEnd,
  TransferPlan,
  TransferProgress,
  TransferRecord,
  TransferState,
} from "../ports/index.ts";
import { readDocument, type Document } from "./document.ts";
import { optionalInteger, optionalText, present, type Row } from "./row.ts";

export function transferOf(row: Row, state: OperationState): TransferRecord | undefined {
  const plan = optionalText(row, "transfer");
  if (plan === undefined) return undefined;
  const progress = optionalText(row, "transfer_progress");
  return present({
    ...readDocument(plan as Document<TransferPlan>),
    state: stateOf(row, state),
    progress: progress === undefined ? undefined : readDocument(progress as Document<TransferProgress>),
  });
}

/** Where nothing was said of the file itself, the call's own end says it. */
function stateOf(row: Row, state: OperationState): TransferState {
  const known = optionalText(row, "transfer_state");
  if (known !== undefined) return readDocument(known as Document<TransferState>);
  const at = optionalInteger(row, "ended_at");
  return at === undefined ? { name: "asked" } : { name: "ended", how: howOf(state), at };
}

function howOf(state: OperationState): TransferEnd {
  switch (state) {
    case "done":
      return "completed";
    case "cancelled":
    case "outcome-unknown":
      return state;
    default:
      // Refused by the device, or never sent.
      return "failed";
  }
}
