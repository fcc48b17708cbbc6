import {
  fileReference,
  isEnd,
  type Compliance,
  type DeviceCall,
  type FileRecord,
  type OperationRecord,
  type WantedFile,
} from "../../ports/index.ts";
import { faultsOf } from "./bring-about.ts";

/** Where a device stands on its way to a file. */
export interface Fetching {
  readonly wanted: WantedFile;
  /** Undefined where it is not kept any more. */
  readonly file: FileRecord | undefined;
  /** What the device says that it runs. */
  readonly softwareVersion: string | undefined;
  /** What it was asked last; undefined where it was asked nothing yet. */
  readonly operation: OperationRecord | undefined;
  readonly now: number;
}

/** `held`: it runs what it is to run. `again`: what it was asked came to nothing, and leaves nothing behind. */
export type FileTurn =
  | { readonly type: "held" | "wait" | "again" }
  | { readonly type: "ask"; readonly rpcs: readonly DeviceCall[] }
  | (Pick<Compliance, "faults"> & { readonly type: "faulted" });

const HOUR_MS = 3_600_000;
const INTERNAL_ERROR = 9002;
/** From the end of the transfer on, for the device to start what it has fetched and to say so. */
const START_MS = 900_000;

/** Has a device fetch the file, in the hours in which it may begin, and waits until it runs it. */
export function fileTurn({ wanted, file, softwareVersion, operation, now }: Fetching): FileTurn {
  if (softwareVersion === wanted.version) return { type: "held" };
  if (operation === undefined) {
    if (file === undefined) return faulted("the file is not kept any more");
    return isWithin(wanted.hours, now) ? { type: "ask", rpcs: [downloadOf(file)] } : { type: "wait" };
  }
  if (!isEnd(operation.state)) return { type: "wait" };
  switch (operation.state) {
    case "faulted":
      return { type: "faulted", faults: reportedBy(operation) ?? faultsOf(operation) };
    case "expired":
    case "cancelled":
      return { type: "again" };
    case "done":
    case "outcome-unknown":
      if (now < (operation.endedAt ?? now) + START_MS) return { type: "wait" };
      return faulted(`it runs ${softwareVersion ?? "what it does not say"}, and not ${wanted.version}`);
  }
}

/** Hours of the day, UTC; from one hour to the same is the whole day. */
export function isWithin(hours: WantedFile["hours"], now: number): boolean {
  if (hours === undefined || hours.from === hours.to) return true;
  const hour = Math.floor(now / HOUR_MS) % 24;
  const { from, to } = hours;
  return from < to ? hour >= from && hour < to : hour >= from || hour < to;
}

/** What the device said of the file itself. */
function reportedBy({ transfer }: OperationRecord): Compliance["faults"] | undefined {
  const report = transfer?.state.name === "ended" ? transfer.state.report : undefined;
  if (report === undefined || report.faultCode === 0) return undefined;
  return [{ code: report.faultCode, message: report.faultString ?? "the file was not fetched" }];
}

function downloadOf({ id, kind, bytes }: FileRecord): DeviceCall {
  const params = {
    FileType: kind,
    URL: fileReference(id),
    Username: "",
    Password: "",
    FileSize: bytes,
    TargetFileName: "",
    DelaySeconds: 0,
    SuccessURL: "",
    FailureURL: "",
  };
  return { method: "Download", params };
}

function faulted(message: string): FileTurn {
  return { type: "faulted", faults: [{ code: INTERNAL_ERROR, message }] };
}
