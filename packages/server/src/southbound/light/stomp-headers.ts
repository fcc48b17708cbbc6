import { accept, refuse } from "@heliograph/protocol";
import type { Decoded, StompHeaders } from "@heliograph/protocol";
import { defaultDeviceLimits, MOST_CALLS } from "./device-limits.ts";
import type { DeviceLimits } from "./device-limits.ts";

/** Where the ACS's calls go out, and the device's requests come in. */
export const REQUESTS = "/requests";
/** Where the answers go, either way. */
export const RESPONSES = "/responses";

const NUMBER = /^[0-9]{1,9}$/;

/** What a device bears that subscribes to its calls: as in Attach [LIGHT 3]. */
export function limitsIn(headers: StompHeaders): Decoded<DeviceLimits> {
  const read = {
    maxInFlight: headers.get("max-in-flight") ?? "1",
    maxMessageBytes: headers.get("max-message-bytes") ?? String(defaultDeviceLimits.maxMessageBytes),
    replayWindow: headers.get("replay-window") ?? "0",
  };
  if (!Object.values(read).every((text) => NUMBER.test(text))) {
    return refuse(
      "bad-header",
      "SUBSCRIBE",
      "max-in-flight, max-message-bytes and replay-window are numbers",
    );
  }
  return accept({
    maxInFlight: Math.min(Math.max(Number(read.maxInFlight), 1), MOST_CALLS),
    maxMessageBytes: Number(read.maxMessageBytes),
    keepAlive: false,
    replayWindow: Number(read.replayWindow),
  });
}
