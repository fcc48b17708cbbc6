import { routes, type RefreshRequest } from "@heliograph/api";
import { parseDeviceKey } from "@heliograph/protocol";
import { subjects, type RefreshAsk, type RpcAsk } from "../ports/index.ts";
import { findDevice, unknownDevice } from "./device-handlers.ts";
import { askEngine, expiry, newOperationId } from "./operation-handlers.ts";
import { isRefusal, refuseInput, type Refusal } from "./refusal.ts";
import { give, serve, type Asked } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showDevice } from "./show-device.ts";
import { showOperation } from "./show-operation.ts";

/** For the engine to forget what it counted. */
const RELIEVE_MS = 10_000;
const USUAL = { rpcs: 2_000, seconds: 1_800, names: 20_000, bytes: 16_777_216 } as const;

export function refreshHandlers(ports: NorthboundPorts, signal: AbortSignal) {
  return {
    refreshDevice: serve(routes.refreshDevice, async ({ input, manager }) => {
      const key = parseDeviceKey(input.params.key);
      if (key === undefined) return unknownDevice(input.params.key);
      const ask = readAsk(input, ports);
      if (isRefusal(ask)) return ask;
      const operation = await askEngine(ports, { key, signal, ask: { ...ask, manager: manager.name } });
      if (isRefusal(operation)) return operation;
      const shown = showOperation(operation);
      if (operation.endedAt !== undefined) return give(200, shown);
      return give(202, shown, { location: `/api/v1/operations/${operation.id}` });
    }),

    relieveDevice: serve(routes.relieveDevice, async ({ input: { params }, manager }) => {
      const key = parseDeviceKey(params.key);
      if (key === undefined) return unknownDevice(params.key);
      await ports.bus.request(subjects.relieve(key), { manager: manager.name }, { timeoutMs: RELIEVE_MS });
      const device = await findDevice(ports, key);
      return device === undefined ? unknownDevice(key) : give(200, showDevice(device, ports.clock.now()));
    }),
  };
}

type Requested = Asked<typeof routes.refreshDevice>["input"];

/** What the engine is asked; the manager is filled in by the caller. */
function readAsk(
  { body, headers }: Requested,
  { clock, random }: NorthboundPorts,
): Omit<RpcAsk, "manager"> | Refusal {
  const expiresAt = expiry(body, clock.now());
  if (expiresAt !== undefined && expiresAt <= clock.now()) {
    return refuseInput("invalid-request", [
      { at: "$.expires", detail: "is past: give a time to come, or seconds" },
    ]);
  }
  const refresh = refreshOf(body);
  const idempotencyKey = headers["idempotency-key"];
  const params = { Paths: refresh.paths, Bounds: { ...refresh.bounds } };
  return {
    id: newOperationId(random),
    rpcs: [{ method: "Refresh", params }],
    refresh,
    waitMs: Math.round((body.wait ?? 0) * 1000),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(body.automatic === undefined ? {} : { automatic: body.automatic }),
  };
}

function refreshOf({ paths = [], bounds = {} }: RefreshRequest): RefreshAsk {
  const { rpcs, seconds, names, bytes } = { ...USUAL, ...bounds };
  return { paths, bounds: { rpcs, ms: seconds * 1000, names, bytes } };
}
