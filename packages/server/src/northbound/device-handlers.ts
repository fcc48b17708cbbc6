import { routes } from "@heliograph/api";
import { parseDeviceKey } from "@heliograph/protocol";
import { subjects, type DeviceRecord } from "../ports/index.ts";
import { refuse, type Refusal } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showDevice } from "./show-device.ts";
import { showParameterDetails, showParameters } from "./show-parameters.ts";

const PAGE = 100;

export function deviceHandlers(ports: NorthboundPorts) {
  const { bus, store, clock } = ports;
  return {
    listDevices: serve(routes.listDevices, async ({ input: { query } }) => {
      const words = (query.query ?? "").split(/\s+/).filter((word) => word !== "");
      const { items, next } = await store.devices({
        limit: query.limit ?? PAGE,
        words,
        ...(query.approval === undefined ? {} : { approval: query.approval }),
        ...(query.claimed === undefined ? {} : { claimed: query.claimed }),
        ...(query.cursor === undefined ? {} : { after: query.cursor }),
      });
      const shown = items.map((device) => showDevice(device, clock.now()));
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

    getParameters: serve(routes.getParameters, async ({ input: { params, query } }) => {
      const device = await findDevice(ports, params.key);
      if (device === undefined) return unknownDevice(params.key);
      const learned = await store.parameters(device.key, query.path ?? "");
      const show = query.detail === true ? showParameterDetails : showParameters;
      return give(200, show(learned));
    }),
  };
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
