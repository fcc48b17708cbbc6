import type { DeviceId, DeviceKey } from "@heliograph/protocol";
import type { KnownDevice, EnrolResult } from "../../ports/index.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";

/** Devices that may wait for approval at once: nobody looks through more, and nobody can fill the store with them. */
const MAX_WAITING = 10_000;
const MAX_WAITING_PER_ADDRESS = 20;

export interface Newcomer {
  readonly key: DeviceKey;
  readonly deviceId: DeviceId;
  readonly address: string;
  /** How it proved itself, as far as it did. */
  readonly by: "covered" | "first-contact";
  /** When a person approved the claim on it; undefined where nobody has. */
  readonly claimApprovedAt: number | undefined;
}

/** What a device that came in without credentials of its own does: joins the registry (again), goes on, or claims to be another. */
export type Coming = "enrols" | "goes-on" | "claims";

/**
 * A device that is known and has no credentials goes on as it is, except that open enrolment ends the wait for approval, and
 * that it starts anew where a claim on it was approved. One that has some stands: only open enrolment starts it anew, while
 * whoever knows no more than the shared secret claims it.
 */
export function comingOf(device: KnownDevice | undefined, by: Newcomer["by"], hasOwn: boolean): Coming {
  if (device === undefined) return "enrols";
  if (hasOwn) return by === "covered" ? "enrols" : "claims";
  if (device.claim?.approvedAt !== undefined) return "enrols";
  return device.approval === "waiting" && by === "covered" ? "enrols" : "goes-on";
}

/**
 * Open enrolment approves at once; whoever only knows the shared secret waits for a person's approval, unless one approved the
 * claim that it is this device.
 */
export function enrol({ store, clock }: SouthboundPorts, newcomer: Newcomer): Promise<EnrolResult> {
  const { key, deviceId, address, claimApprovedAt } = newcomer;
  const isCovered = newcomer.by === "covered";
  const approval = isCovered || claimApprovedAt !== undefined ? "approved" : "waiting";
  const by = isCovered ? "open-enrolment" : "first-contact";
  const at = clock.now();
  return store.commit("enrol-device", {
    key,
    deviceId,
    address,
    approval,
    by,
    ...(claimApprovedAt === undefined ? {} : { claimApprovedAt }),
    at,
    maxWaiting: MAX_WAITING,
    maxWaitingPerAddress: MAX_WAITING_PER_ADDRESS,
    events: [{ at, device: key, name: "enrolled", data: { by, approval, address } }],
  });
}
