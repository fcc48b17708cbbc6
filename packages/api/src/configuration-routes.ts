import {
  Configuration,
  ConfigurationRequest,
  ConfigurationVersionList,
  DesiredState,
} from "./configurations.ts";
import { DevicePath } from "./devices.ts";
import { json, nothing, route } from "./route.ts";

const CONFIGURATION = "/api/v1/devices/{key}/configuration";

/** What one device alone is to hold, and what comes of that together with its groups' policies. */
export const configurationRoutes = {
  getConfiguration: route({
    method: "GET",
    path: CONFIGURATION,
    tag: "policies",
    summary: "Get what this device alone is to hold",
    params: DevicePath,
    answers: { 200: json("Its configuration, and where the device stands with it", Configuration) },
    problems: ["unknown-device", "not-configured"],
  }),
  setConfiguration: route({
    method: "PUT",
    path: CONFIGURATION,
    tag: "policies",
    summary: "Say what this device alone is to hold",
    description:
      "It goes before what policies of groups say, comes to the device at once, and is kept as any policy is.",
    params: DevicePath,
    body: ConfigurationRequest,
    answers: { 200: json("The configuration", Configuration) },
    problems: [
      ...(["not-json", "too-large", "unsupported-media-type"] as const),
      ...(["unknown-device", "not-configured", "invalid-policy", "store-full"] as const),
    ],
  }),
  removeConfiguration: route({
    method: "DELETE",
    path: CONFIGURATION,
    tag: "policies",
    summary: "Have this device hold only what its groups' policies say",
    description: "Values stay as they are where no policy says otherwise.",
    params: DevicePath,
    answers: { 204: nothing("Removed") },
    problems: ["unknown-device", "not-configured", "store-full"],
  }),
  listConfigurationVersions: route({
    method: "GET",
    path: `${CONFIGURATION}/versions`,
    tag: "policies",
    summary: "List what this device alone was to hold, newest first",
    description: "The last twenty are kept.",
    params: DevicePath,
    answers: { 200: json("Versions", ConfigurationVersionList) },
    problems: ["unknown-device"],
  }),
  getDesiredState: route({
    method: "GET",
    path: "/api/v1/devices/{key}/desired",
    tag: "policies",
    summary: "Get all that a device is to hold, and which policy says what",
    params: DevicePath,
    answers: { 200: json("Of all its policies", DesiredState) },
    problems: ["unknown-device"],
  }),
};
