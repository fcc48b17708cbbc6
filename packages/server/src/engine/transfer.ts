import {
  unreachable,
  type OperationId,
  type TransferEnd,
  type TransferRecord,
  type TransferReport,
} from "../ports/index.ts";

/** What there is to decide on of a transfer. */
export interface Transfer extends Pick<TransferRecord, "kind" | "commandKey" | "state"> {
  readonly operation: OperationId;
}

export type TransferInput =
  /** Status 0: it is done; 1: it will be. ScheduleDownload has no Status, and never is done at once. */
  | { readonly type: "answered"; readonly status: 0 | 1; readonly now: number; readonly until: number }
  | { readonly type: "refused"; readonly now: number }
  | { readonly type: "reported"; readonly report: TransferReport; readonly now: number }
  | { readonly type: "cancelled"; readonly now: number }
  | { readonly type: "due"; readonly now: number };

/** What a transfer is after this happened; the same one where nothing has changed, of which there is nothing to tell. */
export function decideTransfer(transfer: Transfer, input: TransferInput): Transfer {
  const { state } = transfer;
  switch (input.type) {
    case "answered":
      if (state.name !== "asked") return transfer;
      if (input.status === 0) return ended(transfer, "completed", input.now);
      return { ...transfer, state: { name: "transferring", until: input.until } };
    case "refused":
      return state.name === "asked" ? ended(transfer, "failed", input.now) : transfer;
    case "reported":
      return reported(transfer, input.report, input.now);
    case "cancelled":
      return state.name === "ended" ? transfer : ended(transfer, "cancelled", input.now);
    case "due":
      if (state.name !== "transferring" || input.now < state.until) return transfer;
      return ended(transfer, "outcome-unknown", input.now);
    default:
      return unreachable(input);
  }
}

/** Whether a report may still change what is known of it. */
export function awaitsReport({ state }: Transfer): boolean {
  return state.name !== "ended" || (state.report === undefined && state.how !== "failed");
}

/** Whether a report came before: devices repeat theirs until they are answered, also after a reboot. */
export function isSameReport(one: TransferReport, other: TransferReport): boolean {
  return (
    one.commandKey === other.commandKey &&
    one.faultCode === other.faultCode &&
    one.startTime === other.startTime &&
    one.completeTime === other.completeTime
  );
}

/** What a device says of a transfer itself outweighs what we made of its silence, of our cancelling and of Status 0. */
function reported(transfer: Transfer, report: TransferReport, now: number): Transfer {
  if (!awaitsReport(transfer)) return transfer;
  const how = report.faultCode === 0 ? "completed" : "failed";
  return { ...transfer, state: { name: "ended", how, at: now, report } };
}

function ended(transfer: Transfer, how: TransferEnd, at: number): Transfer {
  return { ...transfer, state: { name: "ended", how, at } };
}
