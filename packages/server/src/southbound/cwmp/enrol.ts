import type { DeviceId, DeviceKey } from "@heliograph/protocol";
import type { DeviceRecord, EnrolResult } from "../../ports/index.ts";
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
}

/**
 * Whether a device that came in without credentials of its own joins the registry (again). One that is known and has none
 * goes on as it is, except that open enrolment ends the wait for approval; one that has some starts anew.
 */
export function mustEnrol(device: DeviceRecord | undefined, by: Newcomer["by"], hasOwn: boolean): boolean {
  if (device === undefined || hasOwn) return true;
  return device.approval === "waiting" && by === "covered";
}

/** Open enrolment approves at once; whoever only knows the shared secret waits for a person's approval. */
export function enrol({ store, clock }: SouthboundPorts, newcomer: Newcomer): Promise<EnrolResult> {
  const { key, deviceId, address } = newcomer;
  const approval = newcomer.by === "covered" ? "approved" : "waiting";
  const by = newcomer.by === "covered" ? "open-enrolment" : "first-contact";
  const at = clock.now();
  return store.commit("enrol-device", {
    key,
    deviceId,
    address,
    approval,
    by,
    at,
    maxWaiting: MAX_WAITING,
    maxWaitingPerAddress: MAX_WAITING_PER_ADDRESS,
    events: [{ at, device: key, name: "enrolled", data: { by, approval, address } }],
  });
}
