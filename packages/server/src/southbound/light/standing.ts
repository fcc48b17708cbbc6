import type { DeviceRecord } from "../../ports/index.ts";
import type { Bar } from "./closing.ts";

/** What keeps a device off that shows a token with this credential version; undefined where nothing does. */
export function barOf(device: DeviceRecord | undefined, credentialVersion: number): Bar | undefined {
  if (device === undefined) return "unknown-device";
  if (device.approval !== "approved") return "not-approved";
  return device.credentialVersion === credentialVersion ? undefined : "revoked";
}
