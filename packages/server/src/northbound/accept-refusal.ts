import type { DeviceKey } from "@heliograph/protocol";
import type { AcceptRefusal } from "../ports/index.ts";
import { notApproved, unknownDevice } from "./device-handlers.ts";
import { refuse, refuseFor, type Refusal } from "./refusal.ts";

const SOON_MS = 5_000;

/** What it is to a manager that an operation is not accepted. */
export function acceptRefusal(reason: AcceptRefusal, detail: string, device: DeviceKey): Refusal {
  return REFUSALS[reason](detail, device);
}

const REFUSALS: Readonly<Record<AcceptRefusal, (detail: string, key: DeviceKey) => Refusal>> = {
  "unknown-device": (_, key) => unknownDevice(key),
  "not-approved": (_, key) => notApproved(key),
  "not-allowed": (detail) => refuse("not-allowed", detail),
  "queue-full": (detail) => refuseFor("queue-full", detail, SOON_MS),
  "left-alone": (detail) => refuse("left-alone", detail),
  leased: (detail) => refuse("leased", detail),
  "held-by-policy": (detail) => refuse("held-by-policy", detail),
  "command-key-open": (detail) => refuse("command-key-open", detail),
  "idempotency-mismatch": (detail) => refuse("idempotency-mismatch", detail),
  "bad-request": (detail) => refuse("invalid-rpc", detail),
};
