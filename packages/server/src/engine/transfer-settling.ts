import {
  unreachable,
  type AuditEntry,
  type NewEvent,
  type OperationEnd,
  type OperationRecord,
  type SettleTransfer,
  type TransferState,
} from "../ports/index.ts";
import { operationEvent } from "./operation.ts";
import { decideTransfer, type Transfer, type TransferInput } from "./transfer.ts";

/** Of an operation the transfer that there is to decide on; undefined where it moves no file. */
export function transferIn({ id, transfer }: OperationRecord): Transfer | undefined {
  return transfer && { ...transfer, operation: id };
}

interface Settling {
  readonly input: TransferInput;
  /** What there is to tell of it, before the operation's own event. */
  readonly events?: readonly NewEvent[];
  readonly report?: SettleTransfer["report"];
  readonly audit?: AuditEntry;
}

/** The change by which what happened ends a transfer, and its operation; undefined where it does not. */
export function settlingOf(operation: OperationRecord, settling: Settling): SettleTransfer | undefined {
  const { input, events = [], report, audit } = settling;
  const transfer = transferIn(operation);
  if (transfer === undefined) return undefined;
  const { state } = decideTransfer(transfer, input);
  const end = state === transfer.state ? undefined : endOf(state);
  if (end === undefined) return undefined;
  return {
    operation: operation.id,
    device: operation.device,
    from: transfer.state,
    state,
    end,
    ...(report === undefined ? {} : { report }),
    ...(audit === undefined ? {} : { audit }),
    events: [...events, operationEvent(operation, end.state, end.at)],
  };
}

function endOf(state: TransferState): OperationEnd | undefined {
  if (state.name !== "ended") return undefined;
  const { how, at, report } = state;
  switch (how) {
    case "completed":
      return { state: "done", at };
    case "failed": {
      const { faultCode = 0, faultString = "" } = report ?? {};
      return {
        state: "faulted",
        at,
        reason: `the device reports fault ${faultCode} ${faultString}`.trimEnd(),
      };
    }
    case "cancelled":
      return {
        state: "cancelled",
        at,
        reason: "nobody waits for it any more; the device may do it all the same",
      };
    case "outcome-unknown":
      return {
        state: "outcome-unknown",
        at,
        reason: "the device accepted it, and never said what came of it",
      };
    default:
      return unreachable(how);
  }
}
