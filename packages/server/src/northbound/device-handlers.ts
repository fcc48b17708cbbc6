import { routes, type DeviceQuery } from "@heliograph/api";
import { parseDeviceKey } from "@heliograph/protocol";
import { subjects, type DeviceRecord } from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import { hiddenFrom, readExpression } from "./read-expression.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "./refusal.ts";
import { searchDevices } from "./search-devices.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showDevice } from "./show-device.ts";
import { seesDevice, visibleParameters } from "./visible.ts";
import { showParameterDetails, showParameters } from "./show-parameters.ts";

const PAGE = 100;

export function deviceHandlers(ports: NorthboundPorts) {
  const { bus, store, clock } = ports;
  return {
    listDevices: serve(routes.listDevices, async ({ input: { query }, manager }) => {
      if (query.where !== undefined) return findWhere(ports, { where: query.where, query, manager });
      const words = (query.query ?? "").split(/\s+/).filter((word) => word !== "");
      const { items, next } = await store.devices({
        limit: query.limit ?? PAGE,
        words,
        ...(query.approval === undefined ? {} : { approval: query.approval }),
        ...(query.claimed === undefined ? {} : { claimed: query.claimed }),
        ...(query.cursor === undefined ? {} : { after: query.cursor }),
      });
      const on = await manager.on(items.map(({ key }) => key));
      const seen = items.filter(({ key }) => seesDevice(on, key));
      const shown = seen.map((device) => showDevice(device, clock.now()));
      return give(200, { items: shown, ...(next === undefined ? {} : { next }) });
    }),

    getDevice: serve(routes.getDevice, async ({ input: { params } }) => {
      const device = await findDevice(ports, params.key);
      return device === undefined ? unknownDevice(params.key) : give(200, showDevice(device, clock.now()));
    }),

    removeDevice: serve(routes.removeDevice, async ({ input: { params }, manager }) => {
      const device = parseDeviceKey(params.key);
      if (device === undefined) return unknownDevice(params.key);
      const at = clock.now();
      const { held } = await store.commit("remove-device", {
        device,
        audit: { at, manager: manager.name, action: "remove-device", device, detail: {} },
        events: [{ at, device, name: "removed", data: {} }],
      });
      if (!held) return unknownDevice(params.key);
      bus.publish(subjects.revoked, { device });
      return give(204, undefined);
    }),

    getParameters: serve(routes.getParameters, async ({ input: { params, query }, manager }) => {
      const device = await findDevice(ports, params.key);
      if (device === undefined) return unknownDevice(params.key);
      const known = await store.parameters(device.key, query.path ?? "");
      const learned = visibleParameters(manager.rights, known);
      const show = query.detail === true ? showParameterDetails : showParameters;
      return give(200, show(learned));
    }),
  };
}

interface Wanted {
  readonly where: string;
  readonly query: DeviceQuery;
  readonly manager: Manager;
}

/** Devices by an expression, in which the other filters of a list can be said, too. */
async function findWhere(ports: NorthboundPorts, { where, query, manager }: Wanted) {
  const beside = (["query", "approval", "claimed"] as const).find((name) => query[name] !== undefined);
  if (beside !== undefined) {
    return refuseInput("invalid-request", [{ at: beside, detail: "does not stand beside `where`" }]);
  }
  const read = readExpression(where, "where");
  if (isRefusal(read)) return read;
  const hidden = hiddenFrom(manager.rights, read);
  if (hidden !== undefined) return hidden;
  const { items, ...rest } = await searchDevices(ports, {
    where: read,
    after: query.cursor,
    limit: query.limit ?? PAGE,
    seenOf: async (devices) => {
      const on = await manager.on(devices.map(({ key }) => key));
      return devices.filter(({ key }) => seesDevice(on, key));
    },
  });
  const now = ports.clock.now();
  return give(200, { items: items.map((device) => showDevice(device, now)), ...rest });
}

export async function findDevice({ store }: NorthboundPorts, key: string): Promise<DeviceRecord | undefined> {
  const device = parseDeviceKey(key);
  return device === undefined ? undefined : await store.device(device);
}

export function unknownDevice(key: string): Refusal {
  return refuse("unknown-device", `no device has the key ${key}: GET /api/v1/devices lists those there are`);
}

export function notApproved(key: string): Refusal {
  return refuse(
    "not-approved",
    `the device is not approved: POST /api/v1/devices/${key}/approve lets it be managed`,
  );
}
