import { DevicePath } from "./devices.ts";
import {
  DeviceQuirk,
  DeviceQuirkList,
  DeviceQuirkPath,
  ModelQuery,
  ModelQuirks,
  QuirkExportQuery,
  QuirkFile,
  QuirkImport,
  QuirkImportQuery,
  QuirkList,
  QuirkPath,
  QuirkRequest,
} from "./quirks.ts";
import { json, route } from "./route.ts";

const DEVICE = "/api/v1/devices/{key}";
const QUIRKS = "/api/v1/quirks";

/** What devices were found to need, or are said to. */
export const quirkRoutes = {
  listDeviceQuirks: route({
    method: "GET",
    path: `${DEVICE}/quirks`,
    tag: "quirks",
    summary: "List what holds for a device where devices differ, and where that comes from",
    params: DevicePath,
    answers: { 200: json("Its quirks, each of them", DeviceQuirkList) },
    problems: ["unknown-device"],
  }),
  setDeviceQuirk: route({
    method: "PUT",
    path: `${DEVICE}/quirks/{name}`,
    tag: "quirks",
    summary: "Set a quirk of a device",
    description:
      "It holds from the device's next session on, before all that was learned or set for its model.",
    params: DeviceQuirkPath,
    body: QuirkRequest,
    answers: { 200: json("The quirk, set", DeviceQuirk) },
    problems: [
      ...(["not-json", "too-large", "unsupported-media-type"] as const),
      ...(["unknown-device", "unknown-quirk", "unknown-quirk-value", "store-full"] as const),
    ],
  }),
  unsetDeviceQuirk: route({
    method: "DELETE",
    path: `${DEVICE}/quirks/{name}`,
    tag: "quirks",
    summary: "Take back what was set for a device",
    params: DeviceQuirkPath,
    answers: { 200: json("The quirk, as it is set for the model, learned or usual", DeviceQuirk) },
    problems: ["unknown-device", "unknown-quirk", "store-full"],
  }),
  listQuirks: route({
    method: "GET",
    path: QUIRKS,
    tag: "quirks",
    summary: "List the ways in which devices differ, and what is known of models",
    answers: { 200: json("Quirks and models", QuirkList) },
    problems: [],
  }),
  setModelQuirk: route({
    method: "PUT",
    path: `${QUIRKS}/{name}`,
    tag: "quirks",
    summary: "Set a quirk of a model",
    description:
      "It holds from the next session of each device of the model on, unless it is set for the device.",
    params: QuirkPath,
    query: ModelQuery,
    body: QuirkRequest,
    answers: { 200: json("What is known of the model", ModelQuirks) },
    problems: [
      ...(["not-json", "too-large", "unsupported-media-type"] as const),
      ...(["unknown-quirk", "unknown-quirk-value", "store-full"] as const),
    ],
  }),
  unsetModelQuirk: route({
    method: "DELETE",
    path: `${QUIRKS}/{name}`,
    tag: "quirks",
    summary: "Take back what was set for a model",
    params: QuirkPath,
    query: ModelQuery,
    answers: { 200: json("What is known of the model", ModelQuirks) },
    problems: ["unknown-quirk", "store-full"],
  }),
  exportQuirks: route({
    method: "GET",
    path: `${QUIRKS}/export`,
    tag: "quirks",
    summary: "Get what is known of models as a file to share",
    query: QuirkExportQuery,
    answers: { 200: json("The file", QuirkFile) },
    problems: [],
  }),
  importQuirks: route({
    method: "POST",
    path: `${QUIRKS}/import`,
    tag: "quirks",
    summary: "Add what is in such a file to what is known of models",
    description: "All of it or nothing. A file with a quirk or a value that is not known is refused.",
    query: QuirkImportQuery,
    body: QuirkFile,
    answers: { 200: json("What became of each quirk", QuirkImport) },
    problems: [
      ...(["not-json", "too-large", "unsupported-media-type"] as const),
      ...(["unknown-quirk-value", "store-full"] as const),
    ],
  }),
};
