import type { Transfer } from "@heliograph/api";
import type { TransferProgress, TransferRecord, TransferReport, TransferState } from "../ports/index.ts";
import { present } from "./present.ts";
import { showTime } from "./show-time.ts";

export function showTransfer(record: TransferRecord | undefined): Transfer | undefined {
  if (record === undefined) return undefined;
  const { kind, commandKey, file, state, progress } = record;
  return present({
    kind,
    commandKey,
    file: progress?.received ?? file,
    ...showState(state),
    progress: showProgress(progress),
  });
}

function showState(state: TransferState) {
  switch (state.name) {
    case "asked":
      return { state: state.name };
    case "transferring":
      return { state: state.name, until: showTime(state.until) };
    case "ended":
      return { state: state.how, report: showReport(state.report) };
  }
}

function showProgress(progress: TransferProgress | undefined): Transfer["progress"] {
  return progress && { bytes: progress.bytes, of: progress.of, at: showTime(progress.at) };
}

function showReport(report: TransferReport | undefined): Transfer["report"] {
  if (report === undefined) return undefined;
  const { faultCode, faultString, startTime, completeTime } = report;
  return present({ faultCode, faultString, startTime, completeTime });
}
