import { ConnectionLostError, RequestRefusedError } from "../light/light-connection.ts";
import type { LightConnection } from "../light/light-connection.ts";
import type { ContactInput } from "./contact-state.ts";
import type { Telling } from "./tell-in-session.ts";

/** How it went; `lost` where the connection ended before all was answered. */
export type LinkTelling =
  Extract<ContactInput, { readonly type: "told" | "not-told" }> | { readonly type: "lost" };

/** Tells the ACS what there is to tell over a connection: Inform, then the device's own requests [LIGHT 3]. */
export async function tellOverLink(connection: LightConnection, telling: Telling): Promise<LinkTelling> {
  try {
    await tellAll(connection, telling);
    return { type: "told" };
  } catch (error) {
    if (error instanceof ConnectionLostError) return { type: "lost" };
    if (error instanceof RequestRefusedError) return { type: "not-told", reason: error.message };
    throw error;
  }
}

async function tellAll(
  connection: LightConnection,
  { device, retryCount, onActivity }: Telling,
): Promise<void> {
  // An Inform without a word would only be for the session that it opens.
  if (!device.hasUndelivered) return;
  const { acsUrl } = device;
  const delivery = device.nextDelivery(acsUrl);
  await connection.ask({ method: "Inform", params: device.inform(delivery, retryCount) });
  device.informed(delivery, acsUrl);
  onActivity?.({ type: "informed", events: delivery.events.map(({ EventCode }) => EventCode) });
  for (let owed = delivery.requests; owed > 0; owed--) {
    const request = device.nextRequest;
    if (request === undefined) return;
    await connection.ask(request);
    device.requestAnswered();
    onActivity?.({ type: "request-answered", method: request.method });
  }
}
