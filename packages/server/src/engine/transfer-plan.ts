import { decodeDeviceRequest, type RpcOutcome } from "@heliograph/protocol";
import {
  fileId,
  isTransferKind,
  referredFile,
  type DeviceCall,
  type OperationRecord,
  type TransferRecord,
  type TransferState,
} from "../ports/index.ts";
import { decideTransfer } from "./transfer.ts";

const SECOND_MS = 1_000;

/** The transfer that an operation ends with; undefined where its last RPC moves no file. */
export function planTransfer(rpcs: readonly DeviceCall[], patienceMs: number): TransferRecord | undefined {
  const last = rpcs.at(-1);
  if (last === undefined || !isTransferKind(last.method)) return undefined;
  const decoded = decodeDeviceRequest(last.method, last.params);
  if (!decoded.ok) return undefined;
  const { method, params } = decoded.value;
  if (method !== "Download" && method !== "Upload" && method !== "ScheduleDownload") return undefined;
  const file = fileId(referredFile(params.URL) ?? "");
  return {
    kind: method,
    commandKey: params.CommandKey ?? "",
    patienceMs: patienceMs + SECOND_MS * secondsOf(params),
    ...(file === undefined ? {} : { file }),
    state: { name: "asked" },
  };
}

/** How long the device is told to wait, or may, before it has to begin. */
function secondsOf(params: {
  readonly DelaySeconds?: number;
  readonly TimeWindowList?: readonly { readonly WindowEnd: number }[];
}): number {
  const ends = (params.TimeWindowList ?? []).map(({ WindowEnd }) => WindowEnd);
  return Math.max(params.DelaySeconds ?? 0, ...ends);
}

/** Where the answer to an operation's last RPC leaves its transfer; undefined where the operation ends with it. */
export function awaitedAfter(
  { transfer, id, outcomes, rpcs }: OperationRecord,
  { result }: RpcOutcome,
  now: number,
): TransferState | undefined {
  if (transfer === undefined || result === undefined || outcomes.length + 1 < rpcs.length) return undefined;
  // Without a Status, as ScheduleDownload's answer is, it is not done yet [CWMP 1.4 A.4.1.8].
  const status = result["Status"] === 0 ? 0 : 1;
  const until = now + transfer.patienceMs;
  const { state } = decideTransfer({ ...transfer, operation: id }, { type: "answered", status, now, until });
  return state.name === "transferring" ? state : undefined;
}
