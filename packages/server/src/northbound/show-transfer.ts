import type { Transfer } from "@heliograph/api";
import type { TransferProgress, TransferRecord, TransferReport, TransferState } from "../ports/index.ts";
import { present } from "./present.ts";
import { showOptionalTime, showTime } from "./show-time.ts";

export function showTransfer(record: TransferRecord | undefined): Transfer | undefined {
  if (record === undefined) return undefined;
  const { kind, commandKey, file, state, progress, softwareBefore, softwareAfter } = record;
  return present({
    kind,
    commandKey,
    file: progress?.received ?? file,
    ...showState(state),
    progress: showProgress(progress),
    software: showSoftware(softwareBefore, softwareAfter),
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
  if (progress === undefined) return undefined;
  const { bytes, of, at, since } = progress;
  return present({ bytes, of, at: showTime(at), since: showOptionalTime(since) });
}

function showSoftware(before: string | undefined, after: string | undefined): Transfer["software"] {
  return before === undefined && after === undefined ? undefined : present({ before, after });
}

function showReport(report: TransferReport | undefined): Transfer["report"] {
  if (report === undefined) return undefined;
  const { faultCode, faultString, startTime, completeTime } = report;
  return present({ faultCode, faultString, startTime, completeTime });
}
