import type { Fields } from "../json.ts";
import type { Call } from "../speech/speech.ts";

/** Who gives out tokens. */
interface Tokens {
  readonly periodSeconds: number;
  freshToken(): string;
}

const REPORTS: ReadonlySet<string> = new Set([
  ...["TransferComplete", "AutonomousTransferComplete", "DUStateChangeComplete"],
  ...["AutonomousDUStateChangeComplete", "RequestDownload"],
]);

/** What an ACS says to a device that attaches. */
export function attachedFields(tokens: Tokens) {
  return {
    Session: "kit",
    Token: tokens.freshToken(),
    ExpiresIn: 86_400,
    PingInterval: tokens.periodSeconds,
    MaxInFlight: 16,
    MaxMessageBytes: 1_048_576,
  };
}

/** What the ACS that the kit plays answers a device. */
export function acsOutcomeOf(
  { method }: Call,
  tokens: Tokens,
): { readonly result: Fields } | { readonly fault: number } {
  if (method === "Inform") return { result: { MaxEnvelopes: 1 } };
  if (method === "Attach") return { result: attachedFields(tokens) };
  if (method === "GetRPCMethods")
    return { result: { MethodList: ["Inform", "TransferComplete", "GetRPCMethods"] } };
  if (method === "Kicked") return { result: { NextURL: "" } };
  return REPORTS.has(method) ? { result: {} } : { fault: 8000 };
}
