import type { DeviceModel, Individual } from "./individual.ts";
import { ont } from "./ont.ts";
import { router } from "./router.ts";
import { setTopBox } from "./set-top-box.ts";
import { smartMeter } from "./smart-meter.ts";

/** What a simulated device may be. */
export const deviceKinds = ["router", "ont", "set-top-box", "smart-meter"] as const;
export type DeviceKind = (typeof deviceKinds)[number];

export function isDeviceKind(text: string): text is DeviceKind {
  return deviceKinds.some((kind) => kind === text);
}

export interface KindOfDevice {
  readonly productClass: string;
  readonly model: (individual: Individual) => DeviceModel;
}

export const kindsOfDevice: Readonly<Record<DeviceKind, KindOfDevice>> = {
  router: { productClass: "Router", model: router },
  ont: { productClass: "ONT", model: ont },
  "set-top-box": { productClass: "SetTopBox", model: setTopBox },
  "smart-meter": { productClass: "SmartMeter", model: smartMeter },
};
