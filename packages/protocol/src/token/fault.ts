import type { Problem } from "../decoded.ts";
import { isRecord } from "../model/record.ts";
import { problems } from "../problems.ts";
import { faultText } from "../rpc/fault-codes.ts";
import type { Fault, ParameterFault } from "../rpc/table.ts";
import type { Role } from "../soap/envelope.ts";

const MAX_MESSAGE_CHARS = 1024;
const MAX_FAULTS = 10_000;

/** Reads a JSON-RPC error as the fault it is [LIGHT 3]; details that cannot be understood are left out. Undefined: no error. */
export function readFault(error: unknown): Fault | undefined {
  if (!isRecord(error)) return undefined;
  const { code, message, data } = error;
  if (!isCode(code)) return undefined;
  const list = isRecord(data) ? data["SetParameterValuesFault"] : undefined;
  const faults = Array.isArray(list) ? list.slice(0, MAX_FAULTS).flatMap(readParameterFault) : [];
  return {
    code,
    message: shown(message),
    ...(faults.length === 0 ? {} : { data: { SetParameterValuesFault: faults } }),
  };
}

/** What a problem is to the other side [LIGHT 3]: JSON-RPC's own code where it has one, else that of whoever refuses. */
export function refusalOf({ reason, at, detail }: Problem, refuser: Role): Fault {
  const { jsonRpcError, deviceFault } = problems[reason];
  if (jsonRpcError < 0) return { code: jsonRpcError, message: `${at}: ${detail}` };
  const code = refuser === "device" ? deviceFault : jsonRpcError;
  return { code, message: `${faultText(code)}: ${at}: ${detail}` };
}

function readParameterFault(value: unknown): readonly ParameterFault[] {
  if (!isRecord(value)) return [];
  const { ParameterName: name, FaultCode: code, FaultString: text } = value;
  if (typeof name !== "string" || !isCode(code)) return [];
  return [{ ParameterName: name.slice(0, MAX_MESSAGE_CHARS), FaultCode: code, FaultString: shown(text) }];
}

function isCode(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function shown(text: unknown): string {
  return typeof text === "string" ? text.slice(0, MAX_MESSAGE_CHARS) : "";
}
