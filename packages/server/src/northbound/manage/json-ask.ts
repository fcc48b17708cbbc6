import { parseDeviceKey, type DeviceKey } from "@heliograph/protocol";
import { isRefusal, refuse, type Refusal } from "../refusal.ts";
import type { JsonCall } from "./json-calls.ts";
import { readCall, readExpiry, type Addressed, type Question } from "./question.ts";

/** A call that names its device. */
export interface JsonAsk {
  readonly device: DeviceKey;
  readonly bytes: number;
  readonly read: (addressed: Addressed, now: number) => Question | Refusal;
}

/**
 * What a call is for a device. The params are the RPC's, and beside them stand `Device`, and where wanted `Expires` and
 * `IdempotencyKey`, by which the ACS goes and of which the device hears nothing [LIGHT 7].
 */
export function readJsonAsk({ method, params: given }: JsonCall): JsonAsk | Refusal {
  const { Device: key, Expires: expires, IdempotencyKey: idempotencyKey, ...params } = given;
  const device = typeof key === "string" ? parseDeviceKey(key) : undefined;
  if (device === undefined) return refuse("invalid-request", "Device is the key of a device");
  if (expires !== undefined && typeof expires !== "number" && typeof expires !== "string") {
    return refuse("invalid-request", "Expires is a time to come, or seconds");
  }
  if (idempotencyKey !== undefined && typeof idempotencyKey !== "string") {
    return refuse("invalid-request", "IdempotencyKey is text");
  }
  return {
    device,
    bytes: JSON.stringify(params).length,
    read(addressed, now) {
      const expiresAt = readExpiry(expires === undefined ? undefined : String(expires), now);
      if (expiresAt !== undefined && typeof expiresAt !== "number") return expiresAt;
      const asked = readCall({ method, params });
      if (isRefusal(asked)) return asked;
      return { ...addressed, ...asked, expiresAt, idempotencyKey };
    },
  };
}
