import { Device, DevicePath } from "./devices.ts";
import { Operation, OperationHeaders } from "./operations.ts";
import { RefreshRequest } from "./refreshes.ts";
import { json, route } from "./route.ts";

const DEVICE = "/api/v1/devices/{key}";

/** Reading what a device holds, and leaving it alone. */
export const refreshRoutes = {
  refreshDevice: route({
    method: "POST",
    path: `${DEVICE}/refresh`,
    tag: "operations",
    summary: "Read a device's parameters in steps that it can bear",
    description:
      "An operation of as many GetParameterNames and GetParameterValues as it takes, which makes way for others between " +
      "them. What is read is kept: GET the device's parameters.",
    params: DevicePath,
    headers: OperationHeaders,
    body: RefreshRequest,
    answers: {
      200: json("The operation, which ended in time", Operation),
      202: json("The operation, which goes on; `Location` says where", Operation),
    },
    problems: [
      ...(["not-json", "unknown-device", "not-approved", "left-alone", "too-large"] as const),
      ...([
        "unsupported-media-type",
        "idempotency-mismatch",
        "queue-full",
        "no-engine",
        "store-full",
      ] as const),
    ],
  }),
  relieveDevice: route({
    method: "POST",
    path: `${DEVICE}/relieve`,
    tag: "devices",
    summary: "Leave a device alone no longer",
    description: "Forgets what reading did to it, and what went round in a circle.",
    params: DevicePath,
    answers: { 200: json("The device", Device) },
    problems: ["unknown-device", "no-engine", "store-full"],
  }),
};
