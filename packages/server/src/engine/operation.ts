import { deviceRpc, type DeviceKey, type JsonObject, type RpcOutcome } from "@heliograph/protocol";
import type { CallOutcome, InformEvent, NewEvent, OperationEnd, OperationRecord } from "../ports/index.ts";

/** After so many sendings without an answer the device is given no more of the same. */
export const MAX_ATTEMPTS = 5;

/** The time a device without a clock sends, and we write where an answer's own times were lost [CWMP 1.4 3.2]. */
const UNKNOWN_TIME = "0001-01-01T00:00:00Z";

/** What becomes of an operation whose call came to nothing. */
export type Loss =
  | { readonly type: "again" }
  /** It may have run: wait for the device's next Inform to tell. */
  | { readonly type: "await-evidence" }
  | { readonly type: "end"; readonly end: OperationEnd };

/** The RPC that is next, or out now. */
export function currentCall(operation: OperationRecord): { method: string; params: JsonObject } | undefined {
  return operation.rpcs[operation.outcomes.length];
}

/** How the operation ends with this outcome; undefined where more RPCs follow. */
export function endAfter(
  operation: OperationRecord,
  outcome: RpcOutcome,
  now: number,
): OperationEnd | undefined {
  if (outcome.fault !== undefined) return { state: "faulted", at: now };
  return operation.outcomes.length + 1 < operation.rpcs.length ? undefined : { state: "done", at: now };
}

export type Unanswered = Exclude<CallOutcome, { type: "answered" }>;

/** A call that was lost with its connection [LIGHT 3, *After a loss*]. */
export function loss(operation: OperationRecord, outcome: Unanswered, now: number): Loss {
  if (outcome.type === "not-sent") return { type: "again" };
  const definition = deviceRpc(currentCall(operation)?.method ?? "");
  if (definition === undefined || definition.resend === "never") {
    return definition?.evidence === undefined ? unknown(outcome.detail, now) : { type: "await-evidence" };
  }
  if (operation.attempts < MAX_ATTEMPTS) return { type: "again" };
  return unknown(`sent ${operation.attempts} times and never answered: ${outcome.detail}`, now);
}

/**
 * A call that the device left unanswered on a connection that goes on: it has no answer to give, and asking it over and over
 * would keep the work behind it waiting.
 */
export function passedOver(operation: OperationRecord, outcome: Unanswered, now: number): Loss {
  const lost = loss(operation, outcome, now);
  return lost.type === "again" && outcome.type === "no-answer" ? unknown(outcome.detail, now) : lost;
}

/** What a new Inform makes of a call that was out when the last connection ended. */
export function settleByInform(
  operation: OperationRecord,
  events: readonly InformEvent[],
  now: number,
): { readonly type: "ran"; readonly outcome: RpcOutcome } | Exclude<Loss, { type: "await-evidence" }> {
  const call = currentCall(operation);
  const lost = loss(
    operation,
    { type: "no-answer", detail: "the connection ended before its answer came" },
    now,
  );
  if (lost.type !== "await-evidence" || call === undefined) {
    return lost.type === "await-evidence" ? { type: "again" } : lost;
  }
  const evidence = deviceRpc(call.method)?.evidence ?? "";
  if (events.some((event) => event.code === evidence && confirms(event, call.params))) {
    return { type: "ran", outcome: { result: resultFromEvidence(call.method) } };
  }
  return unknown(
    "sent once; the connection ended before its answer came, and the device's next Inform does not tell",
    now,
  );
}

/** `M` events carry the CommandKey of the call they follow; others speak for the whole device. */
function confirms(event: InformEvent, params: JsonObject): boolean {
  return !event.code.startsWith("M ") || event.commandKey === (params["CommandKey"] ?? "");
}

function resultFromEvidence(method: string): JsonObject {
  return method === "Download" || method === "Upload"
    ? { Status: 1, StartTime: UNKNOWN_TIME, CompleteTime: UNKNOWN_TIME }
    : {};
}

function unknown(reason: string, now: number): { readonly type: "end"; readonly end: OperationEnd } {
  return { type: "end", end: { state: "outcome-unknown", at: now, reason } };
}

/** The event that says an operation's state changed; it carries no values. */
export function operationEvent(
  operation: { readonly id: OperationRecord["id"]; readonly device: DeviceKey },
  state: OperationRecord["state"],
  now: number,
): NewEvent {
  return { at: now, device: operation.device, name: "operation", operation: operation.id, data: { state } };
}
