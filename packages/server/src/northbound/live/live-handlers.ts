import { routes, type LiveQuery } from "@heliograph/api";
import { inputValidator } from "@heliograph/api/validation";
import type { DeviceKey } from "@heliograph/protocol";
import type { FastifyReply } from "fastify";
import { asError, may, type WatchWish } from "../../ports/index.ts";
import type { Manager } from "../authentication.ts";
import { findDevice, unknownDevice } from "../device-handlers.ts";
import { isRefusal, refuse, refuseFor, type Refusal } from "../refusal.ts";
import { readInput, sendRefusal, type Served } from "../serve.ts";
import type { NorthboundLimits, NorthboundPorts } from "../settings.ts";
import { whileAdmitted } from "../while-admitted.ts";
import { LiveDevices } from "./live-devices.ts";
import { LiveInbox, streamLive } from "./live-stream.ts";

interface LiveSettings {
  readonly limits: NorthboundLimits;
  /** Ends every stream. */
  readonly signal: AbortSignal;
}

const USUAL_SECONDS = 10;
const RETRY_MS = 10_000;

/** Values of devices as they are. Who watches is written down. */
export function liveHandlers(ports: NorthboundPorts, settings: LiveSettings) {
  const validator = inputValidator(routes.watchLive);
  const devices = new LiveDevices(ports);
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
      const refusal = notReadable(manager, device.key, query);
      if (refusal !== undefined) return sendRefusal(reply, refusal);
      if (open >= maxStreams) {
        const line = `${maxStreams} streams are open: close one, or wait`;
        return sendRefusal(reply, refuseFor("too-many-streams", line, RETRY_MS));
      }
      open += 1;
      try {
        await writeDown(ports, { device: device.key, manager, query });
        reply.hijack();
        await watch(reply, { ...settings, ports, devices, device: device.key, manager, query });
      } finally {
        open -= 1;
      }
      return reply;
    },
  };
  return { watchLive };
}

/** To watch is to read. */
function notReadable(
  { rights }: Manager,
  device: DeviceKey,
  { path: reads }: LiveQuery,
): Refusal | undefined {
  const calls = [{ method: "GetParameterValues", reads, writes: [] }];
  const verdict = may(rights, { type: "call", device, calls });
  return verdict.type === "allowed" ? undefined : refuse("not-allowed", verdict.reason);
}

interface Watching {
  readonly device: DeviceKey;
  readonly manager: Manager;
  readonly query: LiveQuery;
}

async function writeDown(
  { store, clock }: NorthboundPorts,
  { device, manager, query }: Watching,
): Promise<void> {
  const detail = { paths: query.path };
  await store.commit("record-audit", {
    audit: { at: clock.now(), manager: manager.name, action: "watch-live", device, detail },
  });
}

interface WatchMeans extends LiveSettings, Watching {
  readonly ports: NorthboundPorts;
  readonly devices: LiveDevices;
}

async function watch(reply: FastifyReply, means: WatchMeans): Promise<void> {
  const { ports, devices, device, manager, query, limits, signal } = means;
  const inbox = new LiveInbox();
  using open = new DisposableStack();
  const admitted = open.use(whileAdmitted(manager, ports));
  open.use(devices.watch(device, { wish: wishOf(query), hear: (said) => inbox.hear(said) }));
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

function wishOf({ path: paths, interval, changes = false }: LiveQuery): WatchWish {
  const seconds = interval ?? (changes ? undefined : USUAL_SECONDS);
  return { paths, onChange: changes, ...(seconds === undefined ? {} : { intervalMs: seconds * 1000 }) };
}
