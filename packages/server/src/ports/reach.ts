import { decodeDeviceRequest, grouped, groupedEntries, type JsonObject } from "@heliograph/protocol";
import type { Reach } from "./may.ts";
import type { DeviceCall } from "./records.ts";
import type { RefreshAsk } from "./subjects.ts";

/** Stands for the calls that a refresh takes. */
const REFRESH = "Refresh";

/** How far a call goes, by the paths that it names; none where the method is bounded by no path [LIGHT 7]. */
export function reachOf(call: DeviceCall): Reach {
  const { method } = call;
  const [reads, writes] = pathsOf(call);
  return { method, reads, writes };
}

/** What calls would set values of. */
export function writtenPaths(calls: readonly DeviceCall[]): readonly string[] {
  return calls
    .filter(({ method }) => method === "SetParameterValues")
    .flatMap((call) => reachOf(call).writes);
}

/** How far a refresh goes; without paths it reads whatever the device has. */
export function reachOfRefresh({ paths }: Pick<RefreshAsk, "paths">): Reach {
  return { method: REFRESH, reads: paths.length === 0 ? [""] : paths, writes: [] };
}

/** The call with each of its paths as `change` gives it. */
export function withPaths(call: DeviceCall, change: (path: string) => string): DeviceCall {
  const changed = changedParams(call, change);
  return changed === undefined ? call : { ...call, params: { ...call.params, ...changed } };
}

type Paths = readonly [reads: readonly string[], writes: readonly string[]];

function pathsOf({ method, params }: DeviceCall): Paths {
  const request = decodeDeviceRequest(method, params);
  // What cannot be read will not be sent; until then nobody knows how far it goes.
  if (!request.ok) return [[""], [""]];
  const { value } = request;
  switch (value.method) {
    case "GetParameterValues":
    case "GetParameterAttributes":
      return [value.params.ParameterNames, []];
    case "GetParameterNames":
      return [[value.params.ParameterPath ?? ""], []];
    case "SetParameterValues":
    case "SetParameterAttributes":
      return [[], [...groupedEntries<unknown>(value.params.ParameterList)].map(([path]) => path)];
    case "AddObject":
    case "DeleteObject":
      return [[], [dotted(value.params.ObjectName)]];
    default:
      return [[], []];
  }
}

/** Devices take an object's path without its dot, too: whoever asks so means no less. */
function dotted(object: string): string {
  return object.endsWith(".") ? object : `${object}.`;
}

function changedParams(
  { method, params }: DeviceCall,
  change: (path: string) => string,
): JsonObject | undefined {
  const request = decodeDeviceRequest(method, params);
  if (!request.ok) return undefined;
  const { value } = request;
  switch (value.method) {
    case "GetParameterValues":
    case "GetParameterAttributes":
      return { ParameterNames: value.params.ParameterNames.map(change) };
    case "GetParameterNames":
      return { ParameterPath: change(value.params.ParameterPath ?? "") };
    case "SetParameterValues":
      return { ParameterList: regrouped(value.params.ParameterList, change) };
    case "SetParameterAttributes":
      return { ParameterList: regrouped(value.params.ParameterList, change) };
    case "AddObject":
    case "DeleteObject":
      return { ObjectName: change(value.params.ObjectName) };
    default:
      return undefined;
  }
}

function regrouped<T>(
  list: Readonly<Record<string, Readonly<Record<string, T>>>>,
  change: (path: string) => string,
): Readonly<Record<string, Readonly<Record<string, T>>>> {
  return grouped([...groupedEntries(list)].map(([path, value]) => [change(path), value] as const));
}
