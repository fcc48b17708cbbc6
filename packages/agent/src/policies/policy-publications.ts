import { isOfPolicy } from "@heliograph/protocol";
import type { Device } from "../device.ts";
import type { DeviceClock } from "../device-clock.ts";
import type { PublicationHandler, Publications } from "../light/publications.ts";
import { PublicationFaultedError } from "../light/publications.ts";
import { Policies } from "./policies.ts";
import { noPolicies } from "./policy-memory.ts";

/** Policies as they are published on the channels of a device, and kept with them. */
export function policiesOf(
  device: Device,
  clock: DeviceClock,
  publications: () => Publications | undefined,
): Policies {
  return new Policies({
    model: device.model,
    clock,
    memory: {
      get: () => device.channels.policies ?? noPolicies,
      keep: (policies) => device.keepChannels({ ...device.channels, policies }),
    },
    tell: (channel, { status, data }) =>
      publications()?.sayAgain(channel, { Status: status, ...(data === undefined ? {} : { Data: data }) }),
  });
}

/** Hands policies to those who hold them, and all else to the device's own handler. */
export function withPolicies(
  policies: Policies,
  handler: PublicationHandler | undefined,
): PublicationHandler {
  return (publication) => {
    const { channel, data } = publication;
    if (!isOfPolicy(data)) {
      if (handler === undefined) throw new Error("this is not a policy, and the device holds nothing else");
      return handler(publication);
    }
    const { status, data: said } = policies.take(channel, data);
    if (status === "faulted") throw new PublicationFaultedError(said ?? {});
    return said;
  };
}
