import { routes } from "@heliograph/api";
import { inputValidator } from "@heliograph/api/validation";
import type { FastifyReply } from "fastify";
import { asError } from "../../ports/index.ts";
import { findDevice, unknownDevice } from "../device-handlers.ts";
import { isRefusal, refuseFor } from "../refusal.ts";
import { readInput, sendRefusal, type Served } from "../serve.ts";
import type { NorthboundLimits, NorthboundPorts } from "../settings.ts";
import { whileAdmitted } from "../while-admitted.ts";
import type { LiveDevices } from "./live-devices.ts";
import { LiveInbox } from "./live-inbox.ts";
import { streamLive } from "./live-stream.ts";
import { notReadable, wishOf, writeDown, type Watching } from "./watching.ts";

interface LiveSettings {
  readonly limits: NorthboundLimits;
  /** Ends every stream. */
  readonly signal: AbortSignal;
}

const RETRY_MS = 10_000;

/** Values of devices as they are. Who watches is written down. */
export function liveHandlers(ports: NorthboundPorts, devices: LiveDevices, settings: LiveSettings) {
  const validator = inputValidator(routes.watchLive);
  const { maxStreams } = settings.limits;
  let open = 0;
  const watchLive: Served = {
    route: routes.watchLive,
    async serve(request, reply) {
      const input = readInput(validator, request);
      if (isRefusal(input)) return sendRefusal(reply, input);
      const { manager } = request;
      const { params, query } = input;
      const device = await findDevice(ports, params.key);
      if (device === undefined) return sendRefusal(reply, unknownDevice(params.key));
      const watching = { device: device.key, manager, wish: wishOf(query.path, query) };
      const refusal = notReadable(watching);
      if (refusal !== undefined) return sendRefusal(reply, refusal);
      if (open >= maxStreams) {
        const line = `${maxStreams} streams are open: close one, or wait`;
        return sendRefusal(reply, refuseFor("too-many-streams", line, RETRY_MS));
      }
      open += 1;
      try {
        await writeDown(ports, watching);
        reply.hijack();
        await watch(reply, { ...settings, ...watching, ports, devices });
      } finally {
        open -= 1;
      }
      return reply;
    },
  };
  return { watchLive };
}

interface WatchMeans extends LiveSettings, Watching {
  readonly ports: NorthboundPorts;
  readonly devices: LiveDevices;
}

async function watch(reply: FastifyReply, means: WatchMeans): Promise<void> {
  const { ports, devices, device, manager, wish, limits, signal } = means;
  const inbox = new LiveInbox();
  using open = new DisposableStack();
  const admitted = open.use(whileAdmitted(manager, ports));
  open.use(devices.watch(device, { wish, hear: (said) => inbox.hear(said) }));
  try {
    await streamLive(reply.raw, {
      inbox,
      rights: manager.rights,
      clock: ports.clock,
      limits,
      signal: AbortSignal.any([signal, admitted.over]),
    });
  } catch (error) {
    ports.log.warn("the stream of a device's values broke off", { device, error: asError(error) });
    reply.raw.destroy();
  }
}
