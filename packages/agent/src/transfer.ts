import type { DeviceParams } from "@heliograph/protocol";
import { deviceFaults } from "./outcome.ts";
import type { DeviceFaultCode } from "./outcome.ts";

/** A file that the ACS wants moved. */
export type Transfer =
  | ({
      readonly kind: "Download";
      /** Left out: by Download itself. */
      readonly by?: "ScheduleDownload";
    } & DeviceParams<"Download">)
  | ({ readonly kind: "Upload" } & DeviceParams<"Upload">);

/** Moves a file and applies it; resolves when that is done. Rejects with TransferError. */
export type TransferHandler = (transfer: Transfer) => Promise<void>;

/** A transfer that failed, with the fault that TransferComplete says [CWMP 1.4 A.3.3.2]. */
export class TransferError extends Error {
  override readonly name = "TransferError";
  readonly code: DeviceFaultCode;
  constructor(code: DeviceFaultCode, options?: ErrorOptions) {
    super(deviceFaults[code], options);
    this.code = code;
  }
}

/** What a transfer may end with [CWMP 1.4 schema, TransferCompleteCPEFaultCodeType]. */
const ENDINGS: ReadonlySet<DeviceFaultCode> = new Set([
  9001, 9002, 9010, 9011, 9012, 9015, 9016, 9017, 9018, 9020,
]);

/** The RPC that asked for it. */
export function askedBy(transfer: Transfer): "Download" | "Upload" | "ScheduleDownload" {
  return transfer.kind === "Download" ? (transfer.by ?? transfer.kind) : transfer.kind;
}

/** The FaultStruct of a TransferComplete; code 0 says that it went well. */
export function transferFault(
  kind: Transfer["kind"],
  error?: unknown,
): { FaultCode: number; FaultString: string } {
  if (error === undefined) return { FaultCode: 0, FaultString: "" };
  const failure = kind === "Download" ? 9010 : 9011;
  if (!(error instanceof TransferError)) return { FaultCode: failure, FaultString: deviceFaults[failure] };
  const { code, message } = error;
  return { FaultCode: ENDINGS.has(code) ? code : failure, FaultString: message };
}
