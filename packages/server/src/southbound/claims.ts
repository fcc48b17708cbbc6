import type { DeviceKey } from "@heliograph/protocol";
import type { ClaimResult, KnownDevice } from "../ports/index.ts";
import type { SouthboundPorts } from "./southbound-ports.ts";

/** Devices that may be claimed at once, as many as may wait for approval. */
const MAX_CLAIMS = 10_000;
const MAX_CLAIMS_PER_ADDRESS = 20;

type ClaimPorts = Pick<SouthboundPorts, "store" | "clock">;

export interface Claimant {
  readonly key: DeviceKey;
  readonly address: string;
}

/** Keeps that somebody who knows the first-contact secret alone says to be a device that has credentials of its own. */
export function claim({ store, clock }: ClaimPorts, { key, address }: Claimant): Promise<ClaimResult> {
  const at = clock.now();
  return store.commit("claim-device", {
    device: key,
    address,
    at,
    maxClaims: MAX_CLAIMS,
    maxClaimsPerAddress: MAX_CLAIMS_PER_ADDRESS,
    events: [{ at, device: key, name: "claimed", data: { address } }],
  });
}

/** The device has shown its own credentials: it was not reset, whoever says so. */
export async function dropClaim({ store, clock }: ClaimPorts, device: KnownDevice): Promise<void> {
  const { key, claim: made } = device;
  if (made === undefined) return;
  const at = clock.now();
  const { address, count } = made;
  await store.commit("drop-claim", {
    device: key,
    claimedAt: made.at,
    events: [{ at, device: key, name: "claim-dropped", data: { address, count } }],
  });
}
