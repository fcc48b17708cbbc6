import type { GrantRequest } from "@heliograph/api";
import type { DeviceCall } from "../../src/ports/index.ts";

/** What a support desk of a vendor might be given. */
export const GIVEN = {
  holder: "the vendor's desk",
  reason: "no WiFi on the second floor",
  methods: [
    "GetParameterValues",
    "GetParameterNames",
    "SetParameterValues",
    "SetParameterAttributes",
    "DeleteObject",
  ],
  read: ["Device.WiFi.Radio.1.", "Device.DeviceInfo.UpTime"],
  write: ["Device.WiFi.Radio.1.", "Device."],
} as const satisfies Omit<GrantRequest, "devices">;

function get(...ParameterNames: readonly string[]): DeviceCall {
  return { method: "GetParameterValues", params: { ParameterNames } };
}

function set(object: string, leaf: string): DeviceCall {
  return { method: "SetParameterValues", params: { ParameterList: { [object]: { [leaf]: "x" } } } };
}

/** What {@link GIVEN} does not give, by how somebody tries to come by it. */
export const escalations: Readonly<Record<string, DeviceCall>> = {
  "a neighbouring object": get("Device.WiFi.Radio.2.Channel"),
  "an object whose number begins alike": get("Device.WiFi.Radio.11.Channel"),
  "one good path and one bad": get("Device.WiFi.Radio.1.Channel", "Device.WiFi.SSID.1.SSID"),
  "the partial path above": get("Device.WiFi.Radio."),
  "the root": get("Device."),
  "the whole data model": get(""),
  "a wildcard": get("Device.WiFi.Radio.*.Channel"),
  "an alias that nobody has": get("Device.WiFi.Radio.[guest].Channel"),
  "the alias of another object": get("Device.WiFi.Radio.[outside].Channel"),
  "another case": get("device.wifi.radio.1.channel"),
  "dots too many": get("Device.WiFi.Radio.1..Channel"),
  "a dot behind a parameter": get("Device.DeviceInfo.UpTime."),
  "an object without its dot": get("Device.WiFi.Radio.1"),
  "a blank": get(" Device.WiFi.Radio.1.Channel"),
  "the names of a wider object": {
    method: "GetParameterNames",
    params: { ParameterPath: "Device.WiFi.", NextLevel: true },
  },
  "ManagementServer under a wide prefix": set("Device.ManagementServer.", "URL"),
  "ManagementServer in another case": set("Device.managementserver.", "URL"),
  "attributes of the whole device": {
    method: "SetParameterAttributes",
    params: { ParameterList: { "Device.": { "": { Notification: 0 } } } },
  },
  "a method that is not named": { method: "AddObject", params: { ObjectName: "Device.WiFi.Radio.1.X." } },
  "a reset": { method: "FactoryReset", params: {} },
  "a download": {
    method: "Download",
    params: { FileType: "1 Firmware Upgrade Image", URL: "http://192.0.2.1/f", DelaySeconds: 0, FileSize: 1 },
  },
  "a vendor's method": { method: "X_00D09E_Shell", params: { Command: "reboot" } },
};
