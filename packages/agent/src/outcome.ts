import type { Fault, ParameterFault } from "@heliograph/protocol";

/** How something asked of the device ended: its result, or the fault that refuses it. */
export type Outcome<T> =
  { readonly result: T; readonly fault?: undefined } | { readonly fault: Fault; readonly result?: undefined };

/** The fault codes of a device and what they say [CWMP 1.4 A.5.1]. */
export const deviceFaults = {
  9000: "Method not supported",
  9001: "Request denied",
  9002: "Internal error",
  9003: "Invalid arguments",
  9004: "Resources exceeded",
  9005: "Invalid parameter name",
  9006: "Invalid parameter type",
  9007: "Invalid parameter value",
  9008: "Attempt to set a non-writable parameter",
  9009: "Notification request rejected",
  9010: "File transfer failure",
  9011: "Upload failure",
  9012: "File transfer server authentication failure",
  9013: "Unsupported protocol for file transfer",
  9015: "File transfer failure: unable to contact file server",
  9016: "File transfer failure: unable to access file",
  9017: "File transfer failure: unable to complete download",
  9018: "File transfer failure: file corrupted",
  9020: "File transfer failure: unable to complete download within specified time windows",
  9021: "Cancelation of file transfer not permitted in current transfer state",
} as const;

export type DeviceFaultCode = keyof typeof deviceFaults;

export function answered<T>(result: T): Outcome<T> {
  return { result };
}

/** Refuses with the code's own words, and the reason where there is more to say. */
export function faulted(code: DeviceFaultCode, reason?: string): Outcome<never> & { readonly fault: Fault } {
  return { fault: { code, message: message(code, reason) } };
}

/** Refuses a SetParameterValues, parameter by parameter. */
export function parametersFaulted(faults: readonly ParameterFault[]): Outcome<never> {
  return {
    fault: { code: 9003, message: deviceFaults[9003], data: { SetParameterValuesFault: faults } },
  };
}

export function parameterFault(path: string, code: DeviceFaultCode, reason?: string): ParameterFault {
  return { ParameterName: path, FaultCode: code, FaultString: message(code, reason) };
}

function message(code: DeviceFaultCode, reason: string | undefined): string {
  return reason === undefined ? deviceFaults[code] : `${deviceFaults[code]}: ${reason}`;
}
