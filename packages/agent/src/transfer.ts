import type { DeviceParams } from "@heliograph/protocol";
import { deviceFaults } from "./outcome.ts";
import type { DeviceFaultCode } from "./outcome.ts";

/** A file that the ACS wants moved. */
export type Transfer =
  | ({ readonly kind: "Download" } & DeviceParams<"Download">)
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

/** The FaultStruct of a TransferComplete; code 0 says that it went well. */
export function transferFault(
  kind: Transfer["kind"],
  error?: unknown,
): { FaultCode: number; FaultString: string } {
  if (error === undefined) return { FaultCode: 0, FaultString: "" };
  if (error instanceof TransferError) return { FaultCode: error.code, FaultString: error.message };
  const code = kind === "Download" ? 9010 : 9011;
  return { FaultCode: code, FaultString: deviceFaults[code] };
}
