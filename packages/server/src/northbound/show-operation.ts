import type { CallOutcome, Operation } from "@heliograph/api";
import type { RpcOutcome } from "@heliograph/protocol";
import type { OperationRecord } from "../ports/index.ts";
import { present } from "./present.ts";
import { showRefresh } from "./show-refresh.ts";
import { showTime, showOptionalTime } from "./show-time.ts";
import { showTransfer } from "./show-transfer.ts";

export function showOperation(record: OperationRecord): Operation {
  return present({
    id: record.id,
    device: record.device,
    state: record.state,
    rpcs: record.rpcs,
    ...showOutcomes(record),
    refresh: showRefresh(record.refresh),
    transfer: showTransfer(record.transfer),
    automatic: record.automatic,
    attempts: record.attempts,
    created: showTime(record.createdAt),
    expires: showTime(record.expiresAt),
    ended: showOptionalTime(record.endedAt),
    reason: record.reason,
  });
}

/** Of one RPC the outcome itself, of several the list. */
function showOutcomes({ rpcs, outcomes }: OperationRecord): Pick<Operation, "result" | "fault" | "results"> {
  const [only] = outcomes;
  if (rpcs.length > 1) return { results: outcomes.map(showOutcome) };
  return only === undefined ? {} : showOutcome(only);
}

function showOutcome({ result, fault }: RpcOutcome): CallOutcome {
  return fault === undefined ? { result } : { fault };
}
