import { closeCodes } from "@heliograph/protocol";
import type { CloseName } from "@heliograph/protocol";
import type { ConnectReply } from "../../ports/index.ts";
import { strewnOver } from "../returns.ts";
import type { LightBounds } from "./light-settings.ts";

/** How the ACS ends a connection. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** Why an engine does not take a connection, or the device's row forbids it. */
export type Bar = Extract<ConnectReply, { readonly type: "refused" }>["reason"];

export const barred: Readonly<Record<Bar, Closing>> = {
  "unknown-device": closing("removed", "this device was removed"),
  "not-approved": closing("notAllowed", "this device is not approved"),
  revoked: closing("tokenRefused", "the token was revoked"),
};

export const replaced = closing("replaced", "another connection of this device took its place");
export const notReading = closing("notReading", "it does not read what it is sent");

export function closing(name: CloseName, reason: string): Closing {
  return { code: closeCodes[name].code, reason };
}

/** How a connection ended that the other side closed, for the log. */
export function describeClosed({ code, reason }: Closing): string {
  switch (code) {
    case 1006:
      return "the line was cut";
    case 1005:
      return "the device closed it";
    default:
      return `the device closed it with ${code}${reason === "" ? "" : `: ${reason}`}`;
  }
}

/** The reason is the number that the device takes its pause from, and nothing else. */
export function comeBack(drainSeconds: number): Closing {
  return closing("comeBack", String(drainSeconds));
}

/** All devices are sent away at once, and come back no faster than an ACS that has just started takes them. */
export function comeBackAll(
  devices: number,
  { returnsPerSecond, leastDrainSeconds }: Pick<LightBounds, "returnsPerSecond" | "leastDrainSeconds">,
): Closing {
  return comeBack(strewnOver(devices, { perSecond: returnsPerSecond, leastSeconds: leastDrainSeconds }));
}
