import assert from "node:assert/strict";
import { ApiError, type Client } from "@heliograph/api/client";
import type { DeviceKey } from "@heliograph/protocol";
import type { SmallDisk } from "./small-disk.ts";

/** An operation in long words takes a few pages of the store, one in short words hardly one. */
const CHARS = [20_000, 1];
const MOST = 50;

/** Fills the disk, and the room that the store still has in its own files; gives the refusal that shows it. */
export async function exhaust(disk: SmallDisk, client: Client, device: DeviceKey): Promise<ApiError> {
  disk.fill();
  let refusal: ApiError | undefined;
  for (const chars of CHARS) refusal = await askUntilRefused(client, device, chars);
  assert.ok(refusal !== undefined);
  return refusal;
}

async function askUntilRefused(client: Client, device: DeviceKey, chars: number): Promise<ApiError> {
  for (let count = 0; count < MOST; count += 1) {
    try {
      await client.operations.create(device, {
        method: "X_F0F0F0_Note",
        params: { Text: "x".repeat(chars) },
      });
    } catch (error) {
      assert.ok(error instanceof ApiError, String(error));
      return error;
    }
  }
  return assert.fail(`${MOST} operations found room on a full disk`);
}
