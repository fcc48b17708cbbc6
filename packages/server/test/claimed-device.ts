import assert from "node:assert/strict";
import type { DeviceKey } from "@heliograph/protocol";
import type { RunningNorthbound } from "./running-northbound.ts";

/** A device with credentials of its own, which somebody claims. */
export async function claimedDevice(running: RunningNorthbound): Promise<DeviceKey> {
  const { store, clock } = running;
  const device = await running.enrol("1");
  const at = clock.now();
  await store.commit("stage-credentials", { device, sealed: "sent" });
  await store.commit("confirm-credentials", { device, staged: "sent", sealed: "kept", at, events: [] });
  const claimed = await store.commit("claim-device", {
    device,
    address: "198.51.100.1",
    at,
    maxClaims: 10,
    maxClaimsPerAddress: 10,
    events: [{ at, device, name: "claimed", data: { address: "198.51.100.1" } }],
  });
  assert.equal(claimed.type, "claimed");
  return device;
}
