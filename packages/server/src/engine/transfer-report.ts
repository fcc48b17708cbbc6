import type { TransferKind, TransferReport } from "../ports/index.ts";
import { awaitsReport, isSameReport, type Transfer } from "./transfer.ts";

export type ReportOwner =
  | { readonly type: "settles"; readonly transfer: Transfer }
  /** It was told before: it is answered again, and nothing follows. */
  | { readonly type: "repeats"; readonly transfer: Transfer }
  /** Of a transfer that we did not ask for, or cannot tell from another: it is kept as an event alone. */
  | { readonly type: "nobody" };

export interface Heard {
  readonly report: TransferReport;
  /** What the Inform's `M` events say that the report is of; none where they say nothing. */
  readonly kinds: readonly TransferKind[];
}

/**
 * Which of a device's transfers, oldest first, a TransferComplete is of. Its CommandKey says so; a device that forgot it, or
 * wrote another, can mean but one where only one is outstanding [QUIRKS-TRANSFER-62].
 */
export function ownerOf(transfers: readonly Transfer[], { report, kinds }: Heard): ReportOwner {
  const told = transfers.find(({ state }) => wasTold(state, report));
  if (told !== undefined) return { type: "repeats", transfer: told };
  const awaiting = transfers.filter(awaitsReport);
  const named = report.commandKey === "" ? undefined : awaiting.find(isNamed(report));
  if (named !== undefined) return { type: "settles", transfer: named };
  const outstanding = awaiting.filter(({ state }) => state.name !== "ended");
  const likely = kinds.length === 0 ? outstanding : outstanding.filter(({ kind }) => kinds.includes(kind));
  const [only, ...others] = likely;
  return only === undefined || others.length > 0 ? { type: "nobody" } : { type: "settles", transfer: only };
}

function wasTold(state: Transfer["state"], report: TransferReport): boolean {
  return state.name === "ended" && state.report !== undefined && isSameReport(state.report, report);
}

function isNamed({ commandKey }: TransferReport): (transfer: Transfer) => boolean {
  return (transfer) => transfer.commandKey === commandKey;
}
