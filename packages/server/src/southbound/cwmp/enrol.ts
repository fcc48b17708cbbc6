import type { DeviceId, DeviceKey } from "@heliograph/protocol";
import type { EnrolledBy, KnownDevice, EnrolResult } from "../../ports/index.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";

/** Devices that may wait for approval at once: nobody looks through more, and nobody can fill the store with them. */
const MAX_WAITING = 10_000;
const MAX_WAITING_PER_ADDRESS = 20;

export interface Newcomer {
  readonly key: DeviceKey;
  readonly deviceId: DeviceId;
  readonly address: string;
  /** How it proved itself, as far as it did. */
  readonly by: "certificate" | "covered" | "first-contact";
  /** When a person approved the claim on it; undefined where nobody has. */
  readonly claimApprovedAt: number | undefined;
}

/** What a device that came in without credentials of its own does: joins the registry (again), goes on, or claims to be another. */
export type Coming = "enrols" | "goes-on" | "claims";

/** What there is to know of a device besides its row. */
export interface Standing {
  /** Whether it has credentials of its own. */
  readonly hasOwn: boolean;
  /** Whether it says that it starts from nothing. */
  readonly startsAnew: boolean;
}

/**
 * A device that is known and has no credentials goes on as it is, except that a certificate or open enrolment ends the wait for
 * approval, and that it starts anew where a claim on it was approved. One that has some stands: only open enrolment starts it
 * anew, or its certificate where it says that it has nothing left, while whoever knows no more than the shared secret claims it.
 */
export function comingOf(
  device: KnownDevice | undefined,
  by: Newcomer["by"],
  { hasOwn, startsAnew }: Standing,
): Coming {
  if (device === undefined) return "enrols";
  if (hasOwn && by === "certificate") return startsAnew ? "enrols" : "goes-on";
  if (hasOwn) return by === "covered" ? "enrols" : "claims";
  if (device.claim?.approvedAt !== undefined) return "enrols";
  return device.approval === "waiting" && by !== "first-contact" ? "enrols" : "goes-on";
}

const ENROLLED_BY = {
  certificate: "certificate",
  covered: "open-enrolment",
  "first-contact": "first-contact",
} as const satisfies Record<Newcomer["by"], EnrolledBy>;

/**
 * A certificate and open enrolment approve at once: either is the operator's own word. Whoever only knows the shared secret
 * waits for a person's approval, unless one approved the claim that it is this device.
 */
export function enrol({ store, clock }: SouthboundPorts, newcomer: Newcomer): Promise<EnrolResult> {
  const { key, deviceId, address, claimApprovedAt } = newcomer;
  const isTrusted = newcomer.by !== "first-contact";
  const approval = isTrusted || claimApprovedAt !== undefined ? "approved" : "waiting";
  const by = ENROLLED_BY[newcomer.by];
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
