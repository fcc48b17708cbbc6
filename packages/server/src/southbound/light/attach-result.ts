import type { LightResult } from "@heliograph/protocol";
import type { DeviceEffect } from "./connection.ts";
import type { LightOwner } from "./light-owner.ts";
import type { LightBounds } from "./light-settings.ts";

/** What a device is told that was attached: its fresh token, and what the ACS bears [LIGHT 3]. */
export function attachResult(
  { token: { token, expiresIn }, channels }: Extract<DeviceEffect, { readonly type: "answer-attach" }>,
  { connection }: Pick<LightOwner, "connection">,
  { pingIntervalMs, maxInFlight, maxMessageBytes }: LightBounds,
): LightResult<"Attach"> {
  return {
    Session: connection,
    Token: token,
    ExpiresIn: expiresIn,
    PingInterval: Math.max(1, Math.round(pingIntervalMs / 1000)),
    MaxInFlight: maxInFlight,
    MaxMessageBytes: maxMessageBytes,
    ...(channels === undefined ? {} : { Channels: channels }),
  };
}
