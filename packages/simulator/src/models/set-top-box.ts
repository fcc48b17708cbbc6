import { identity } from "./identity.ts";
import { counter, swinging, type DeviceModel, type Individual } from "./individual.ts";
import { ethernetPorts } from "./network.ts";

const LABEL = {
  model: "HG-T40",
  description: "Set-top box",
  hardware: ["4.0", "4.1"],
  software: ["11.3.0", "11.3.2", "12.0.1"],
  memoryKiB: 2_097_152,
};
const SERVICE = "Device.Services.STBService.1.";
const CHANNEL = `${SERVICE}X_F0F0F0_Channel`;
const CHANNELS = ["news", "sport", "films", "music", "standby"];

/** What stands below the television [TR-135 STBService.]. */
export function setTopBox(individual: Individual): DeviceModel {
  const { chance } = individual;
  return {
    declarations: {
      ...identity(individual, LABEL),
      "Device.Ethernet.Interface.": ethernetPorts(individual, 1),
      [`${SERVICE}Enable`]: { type: "boolean", value: true, writable: true },
      [CHANNEL]: chance.pick(CHANNELS),
      [`${SERVICE}Components.HDMI.1.Enable`]: { type: "boolean", value: true, writable: true },
      [`${SERVICE}Components.HDMI.1.Status`]: "Enabled",
      [`${SERVICE}Components.HDMI.1.ResolutionMode`]: { type: "string", value: "Auto", writable: true },
      [`${SERVICE}Components.HDMI.1.ResolutionValue`]: chance.pick(["1920x1080/60Hz", "3840x2160/50Hz"]),
      [`${SERVICE}ServiceMonitoring.SampleEnable`]: { type: "boolean", value: true, writable: true },
      [`${SERVICE}ServiceMonitoring.SampleInterval`]: { type: "unsignedInt", value: 3_600, writable: true },
      [`${SERVICE}ServiceMonitoring.MainStream.1.Total.RTPStats.PacketsReceived`]: counter(individual, 900),
      [`${SERVICE}ServiceMonitoring.MainStream.1.Total.RTPStats.PacketsLost`]: counter(individual, 0.01),
      [`${SERVICE}ServiceMonitoring.MainStream.1.Gmin`]: swinging(individual, "unsignedInt", {
        from: 4,
        to: 16,
      }),
    },
    drifts: [{ path: CHANNEL, next: () => chance.pick(CHANNELS) }],
  };
}
