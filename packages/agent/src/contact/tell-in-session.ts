import { cwmpVersions } from "@heliograph/protocol";
import type { SoapHeader } from "@heliograph/protocol";
import type { Activity } from "../activity.ts";
import type { Device } from "../device.ts";
import { advertisesBy } from "../light/light-options.ts";
import { usableReference } from "../light/reference.ts";
import type { ClassicService } from "./classic-service.ts";
import type { ContactInput } from "./contact-state.ts";

/** What a device tells its ACS with. */
export interface Telling {
  readonly device: Device;
  readonly retryCount: number;
  readonly onActivity: ((activity: Activity) => void) | undefined;
}

/** How a session ended. */
export type SessionEnding = Extract<ContactInput, { readonly type: "session-ended" | "session-failed" }>;

/** Tells the ACS what there is to tell in a classic session, and serves it there; advertises light [LIGHT 1]. */
export async function tellInSession(
  classic: ClassicService,
  { device, retryCount, onActivity, now }: Telling & { readonly now: () => number },
): Promise<SessionEnding> {
  const { acsUrl, light } = device;
  const delivery = device.nextDelivery(acsUrl);
  const events = delivery.events.map(({ EventCode }) => EventCode);
  onActivity?.({ type: "session-opened", acsUrl, events });
  device.takeReference();
  let owed = delivery.requests;
  let referredBy: SoapHeader["webSocketReference"];
  const end = await classic.hold({
    acsUrl,
    credentials: device.settings.credentials("Username", "Password"),
    compression: device.settings.compression,
    inform: device.inform(delivery, retryCount),
    header: informHeader(device),
    nextRequest: () => (owed > 0 ? device.nextRequest : undefined),
    dispatch: device.dispatch,
    onInformed: (header) => {
      referredBy = header.webSocketReference;
      device.informed(delivery, acsUrl);
    },
    onAnswered: ({ method }) => {
      owed -= 1;
      device.requestAnswered();
      onActivity?.({ type: "request-answered", method });
    },
  });
  if (!end.isWell) {
    if (end.isCompressionRefused) device.dropCompression();
    return { type: "session-failed", reason: end.reason };
  }
  if (light === undefined) return { type: "session-ended", reference: undefined };
  const given = referredBy ?? device.takeReference();
  const reference =
    given && usableReference({ reference: given, spoken: light.subprotocols, acsUrl, now: now() });
  return { type: "session-ended", reference };
}

/** The versions it speaks, how long it wants to be waited for, and light [CWMP 1.4 3.4.5, LIGHT 1]. */
function informHeader({ light, sessionTimeout }: Device): SoapHeader {
  return {
    supportedCwmpVersions: cwmpVersions.toReversed(),
    ...(sessionTimeout === undefined ? {} : { sessionTimeout }),
    ...(light !== undefined && advertisesBy(light, "header") ? { webSocketSupport: light.subprotocols } : {}),
  };
}
