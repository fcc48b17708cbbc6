import { routes } from "@heliograph/api";
import { parseDeviceKey } from "@heliograph/protocol";
import { subjects } from "../ports/index.ts";
import { notApproved, unknownDevice } from "./device-handlers.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";

/** For the engine to store that new credentials are wanted, and to look whether the device is here. */
const ROTATE_MS = 10_000;

export function credentialHandlers({ bus }: NorthboundPorts) {
  return {
    rotateCredentials: serve(routes.rotateCredentials, async ({ input: { params }, manager }) => {
      const device = parseDeviceKey(params.key);
      if (device === undefined) return unknownDevice(params.key);
      const ask = { manager: manager.name };
      const { type } = await bus.request(subjects.rotate(device), ask, { timeoutMs: ROTATE_MS });
      switch (type) {
        case "now":
        case "later":
          return give(200, { told: type });
        case "unknown-device":
          return unknownDevice(device);
        case "not-approved":
          return notApproved(device);
      }
    }),
  };
}
