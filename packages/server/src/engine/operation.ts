import { deviceRpc, type DeviceKey, type JsonObject, type RpcOutcome } from "@heliograph/protocol";
import type {
  CallOutcome,
  DeviceCall,
  InformEvent,
  NewEvent,
  OperationEnd,
  OperationRecord,
} from "../ports/index.ts";
import { refreshCall } from "./refresh.ts";

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
export function currentCall(operation: OperationRecord): DeviceCall | undefined {
  if (operation.refresh !== undefined) return refreshCall(operation.refresh);
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

export interface LossContext {
  readonly now: number;
  /** A light connection is expected of the device, on which it sends the answers it owes. */
  readonly attaches: boolean;
}

/** A call that was lost with its connection [LIGHT 3, *After a loss*]. */
export function loss(operation: OperationRecord, outcome: Unanswered, { now, attaches }: LossContext): Loss {
  if (outcome.type === "not-sent") return { type: "again" };
  const definition = deviceRpc(currentCall(operation)?.method ?? "");
  if (definition === undefined || definition.resend === "never") {
    const mayBeTold = attaches || definition?.evidence !== undefined;
    return mayBeTold ? { type: "await-evidence" } : unknown(outcome.detail, now);
  }
  if (operation.attempts < MAX_ATTEMPTS) return { type: "again" };
  return unknown(`sent ${operation.attempts} times and never answered: ${outcome.detail}`, now);
}

/**
 * A call that the device left unanswered on a connection that goes on: it has no answer to give, and asking it over and over
 * would keep the work behind it waiting.
 */
export function passedOver(operation: OperationRecord, outcome: Unanswered, now: number): Loss {
  const lost = loss(operation, outcome, { now, attaches: false });
  return lost.type === "again" && outcome.type === "no-answer" ? unknown(outcome.detail, now) : lost;
}

/** A call whose answer was awaited of a device that is connected, and did not come. */
export function neverTold(now: number): Loss {
  return unknown("sent once; the device is connected, and did not answer it", now);
}

const LOST_WITH_CONNECTION: Unanswered = {
  type: "no-answer",
  detail: "the connection ended before its answer came",
};

/**
 * What a new Inform makes of a call that was out when the last connection ended. A device that is to open a light connection
 * tells there what it owes, unless it booted since.
 */
export function settleByInform(
  operation: OperationRecord,
  events: readonly InformEvent[],
  { now, attaches }: LossContext,
): { readonly type: "ran"; readonly outcome: RpcOutcome } | Loss {
  const ran = evidenceOf(operation, events);
  if (ran !== undefined) return { type: "ran", outcome: ran };
  const lost = loss(operation, LOST_WITH_CONNECTION, { now, attaches });
  if (lost.type !== "await-evidence") return lost;
  if (attaches && !hasBooted(events)) return lost;
  return unknown(
    "sent once; the connection ended before its answer came, and the device's next Inform does not tell",
    now,
  );
}

/** The result of a call that the events prove to have run; undefined where they prove nothing. */
export function evidenceOf(
  operation: OperationRecord,
  events: readonly InformEvent[],
): RpcOutcome | undefined {
  const call = currentCall(operation);
  if (call === undefined) return undefined;
  const evidence = deviceRpc(call.method)?.evidence ?? "";
  const isProven = events.some((event) => confirms(event, evidence, call.params));
  return isProven ? { result: resultFromEvidence(call.method) } : undefined;
}

/** What was under way when a device booted is over. */
export function hasBooted(events: readonly InformEvent[]): boolean {
  return events.some(({ code }) => code === "1 BOOT" || code === "0 BOOTSTRAP");
}

/**
 * `M` events carry the CommandKey of the call they follow; others speak for the whole device. That of a transfer stands on
 * `7 TRANSFER COMPLETE` with some devices.
 */
function confirms({ code, commandKey }: InformEvent, evidence: string, params: JsonObject): boolean {
  const isOfCall = commandKey === (params["CommandKey"] ?? "");
  if (code === evidence) return isOfCall || !code.startsWith("M ");
  return TRANSFERS.has(evidence) && code === TRANSFER_COMPLETE && isOfCall && commandKey !== "";
}

const TRANSFER_COMPLETE = "7 TRANSFER COMPLETE";
const TRANSFERS: ReadonlySet<string> = new Set(["M Download", "M Upload", "M ScheduleDownload"]);

function resultFromEvidence(method: string): JsonObject {
  return method === "Download" || method === "Upload"
    ? { Status: 1, StartTime: UNKNOWN_TIME, CompleteTime: UNKNOWN_TIME }
    : {};
}

const RESOURCES_EXCEEDED = 9004;

export function isExceeded({ fault }: RpcOutcome): boolean {
  return fault?.code === RESOURCES_EXCEEDED;
}

/** Whether operations like this one may be under way side by side. */
export function onlyReads(rpcs: OperationRecord["rpcs"]): boolean {
  return rpcs.every(({ method }) => deviceRpc(method)?.reads === true);
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
