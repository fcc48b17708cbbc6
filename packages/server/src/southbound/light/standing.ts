import type { DeviceRecord } from "../../ports/index.ts";
import type { Bar } from "./closing.ts";
import type { LightOwner } from "./light-owner.ts";

/** What keeps a device off that shows a token with this credential version; undefined where nothing does. */
export function barOf(device: DeviceRecord | undefined, credentialVersion: number): Bar | undefined {
  if (device === undefined) return "unknown-device";
  if (device.approval !== "approved") return "not-approved";
  return device.credentialVersion === credentialVersion ? undefined : "revoked";
}

/** As a connection was known when its device was looked up. */
type OwnedAs = Pick<LightOwner, "connection" | "generation">;

/** Whether whoever should own the connection takes it for closed, or somebody else does own it: a word was lost on its way. */
export function isEstranged(row: DeviceRecord | undefined, { connection, generation }: OwnedAs): boolean {
  if (generation === undefined || row?.connection?.id !== connection) return false;
  return row.connection.closed === true || row.generation !== generation;
}

/** Whether the device has had another connection since: that this one is over did not come through. */
export function isLeft(row: DeviceRecord | undefined, { connection, generation }: OwnedAs): boolean {
  return generation !== undefined && row?.connection !== undefined && row.connection.id !== connection;
}
