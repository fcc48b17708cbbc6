import { routes, type RefreshRequest } from "@heliograph/api";
import { parseDeviceKey } from "@heliograph/protocol";
import { subjects, type RefreshAsk } from "../ports/index.ts";
import { ACCEPT_MS, carryOut } from "./carry-out.ts";
import { findDevice, unknownDevice } from "./device-handlers.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showDevice } from "./show-device.ts";

const USUAL = { rpcs: 2_000, seconds: 1_800, names: 20_000, bytes: 16_777_216 } as const;

export function refreshHandlers(ports: NorthboundPorts, signal: AbortSignal) {
  return {
    refreshDevice: serve(routes.refreshDevice, async ({ input: { params, headers, body }, manager }) => {
      const refresh = refreshOf(body);
      const asked = { Paths: refresh.paths, Bounds: { ...refresh.bounds } };
      const by = { manager, idempotencyKey: headers["idempotency-key"] };
      const rpcs = [{ method: "Refresh", params: asked }];
      return carryOut(ports, { device: params.key, rpcs, refresh, asking: body, ...by }, signal);
    }),

    relieveDevice: serve(routes.relieveDevice, async ({ input: { params }, manager }) => {
      const key = parseDeviceKey(params.key);
      if (key === undefined) return unknownDevice(params.key);
      await ports.bus.request(subjects.relieve(key), { manager: manager.name }, { timeoutMs: ACCEPT_MS });
      const device = await findDevice(ports, key);
      return device === undefined ? unknownDevice(key) : give(200, showDevice(device, ports.clock.now()));
    }),
  };
}

function refreshOf({ paths = [], bounds = {} }: RefreshRequest): RefreshAsk {
  const { rpcs, seconds, names, bytes } = { ...USUAL, ...bounds };
  return { paths, bounds: { rpcs, ms: seconds * 1000, names, bytes } };
}
