import { DevicePath } from "./devices.ts";
import { LiveQuery } from "./live.ts";
import { route, text } from "./route.ts";

/** Values of a device as they are. */
export const liveRoutes = {
  watchLive: route({
    method: "GET",
    path: "/api/v1/devices/{key}/live",
    tag: "devices",
    summary: "Watch values of a device",
    description:
      "Server-sent events: `data` is a LiveMessage. The first says which way values come; another follows where that changes. " +
      "A reader that is slow gets the newest values, and not those in between.",
    params: DevicePath,
    query: LiveQuery,
    answers: { 200: text("Values, until one side ends the stream", "text/event-stream") },
    problems: ["unknown-device", "too-many-streams", "store-full"],
  }),
};
