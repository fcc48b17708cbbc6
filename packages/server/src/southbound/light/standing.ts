import type { DeviceRecord } from "../../ports/index.ts";
import type { Bar } from "./closing.ts";
import type { LightOwner } from "./light-owner.ts";

/** What keeps a device off that shows a token with this credential version; undefined where nothing does. */
export function barOf(device: DeviceRecord | undefined, credentialVersion: number): Bar | undefined {
  if (device === undefined) return "unknown-device";
  if (device.approval !== "approved") return "not-approved";
  return device.credentialVersion === credentialVersion ? undefined : "revoked";
}

/** Whether whoever should own the connection takes it for closed, or somebody else does own it: a word was lost on its way. */
export function isEstranged(
  row: DeviceRecord | undefined,
  { connection, generation }: Pick<LightOwner, "connection" | "generation">,
): boolean {
  if (generation === undefined || row?.connection?.id !== connection) return false;
  return row.connection.closed === true || row.generation !== generation;
}
