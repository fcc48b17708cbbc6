import { DevicePath } from "./devices.ts";
import { Lease, LeaseRequest } from "./leases.ts";
import { json, nothing, route } from "./route.ts";

const LEASE = "/api/v1/devices/{key}/lease";

/** One manager at a time, where that is wanted. */
export const leaseRoutes = {
  getLease: route({
    method: "GET",
    path: LEASE,
    tag: "devices",
    summary: "See who holds a device",
    params: DevicePath,
    answers: { 200: json("The lease", Lease) },
    problems: ["unknown-device", "not-leased"],
  }),
  takeLease: route({
    method: "PUT",
    path: LEASE,
    tag: "devices",
    summary: "Hold a device for a while, or let one's lease end at another time",
    description:
      "Until it ends, what others ask of the device is refused with `leased`, unless it only reads. What was accepted before " +
      "goes on, and what asks by itself leaves the device alone.",
    params: DevicePath,
    body: LeaseRequest,
    answers: { 200: json("The lease", Lease) },
    problems: ["not-json", "too-large", "unsupported-media-type", "unknown-device", "leased", "store-full"],
  }),
  endLease: route({
    method: "DELETE",
    path: LEASE,
    tag: "devices",
    summary: "Hold a device no longer",
    description: "Another's lease is broken by whoever may admit devices.",
    params: DevicePath,
    answers: { 204: nothing("Nobody holds it") },
    problems: ["unknown-device", "not-leased", "leased", "store-full"],
  }),
} as const;
