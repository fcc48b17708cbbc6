import { routes, type RouteInput } from "@heliograph/api";
import { inputValidator } from "@heliograph/api/validation";
import { parseDeviceKey, type DeviceKey } from "@heliograph/protocol";
import type { FastifyReply } from "fastify";
import { asError } from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import { streamEvents } from "./event-stream.ts";
import { eventStreams, type StreamPlace } from "./event-streams.ts";
import { isRefusal, refuseInput } from "./refusal.ts";
import { readInput, sendRefusal, type Served } from "./serve.ts";
import type { NorthboundLimits, NorthboundPorts } from "./settings.ts";
import { visibleEvents } from "./visible.ts";
import { whileAdmitted } from "./while-admitted.ts";

interface StreamSettings {
  readonly limits: NorthboundLimits;
  /** Ends every stream. */
  readonly signal: AbortSignal;
}

export function eventHandlers(ports: NorthboundPorts, settings: StreamSettings) {
  const streams = eventStreams(ports, settings.limits);
  const validator = inputValidator(routes.followEvents);
  const followEvents: Served = {
    route: routes.followEvents,
    async serve(request, reply) {
      const input = readInput(validator, request);
      if (isRefusal(input)) return sendRefusal(reply, input);
      const device = input.query.device === undefined ? undefined : parseDeviceKey(input.query.device);
      if (input.query.device !== undefined && device === undefined) {
        return sendRefusal(reply, refuseInput("invalid-request", [{ at: "device", detail: "is no key" }]));
      }
      const place = await streams.enter();
      if (isRefusal(place)) return sendRefusal(reply, place);
      reply.hijack();
      await follow(reply, { ...settings, ports, place, input, device, manager: request.manager });
      return reply;
    },
  };
  return { followEvents };
}

interface Following extends StreamSettings {
  readonly ports: NorthboundPorts;
  readonly place: StreamPlace;
  readonly input: RouteInput<typeof routes.followEvents>;
  readonly device: DeviceKey | undefined;
  readonly manager: Manager;
}

async function follow(reply: FastifyReply, following: Following): Promise<void> {
  using place = following.place;
  const { ports, input, device, manager, limits, signal } = following;
  using watched = whileAdmitted(manager, ports);
  const lastId = input.headers["last-event-id"];
  const after = lastId === undefined ? input.query.after : Number(lastId);
  try {
    await streamEvents(reply.raw, {
      tail: place.tail,
      clock: ports.clock,
      limits,
      // A store that was put back from a copy counts on from there: who has seen more is not left waiting.
      after: after === undefined ? undefined : Math.min(after, await ports.store.lastEventId()),
      device,
      names: input.query.name,
      see: (events) => visibleEvents(manager, events),
      signal: AbortSignal.any([signal, watched.over]),
      isAdmitted: manager.isAdmitted,
    });
  } catch (error) {
    ports.log.warn("an event stream broke off", { error: asError(error) });
    reply.raw.destroy();
  }
}
