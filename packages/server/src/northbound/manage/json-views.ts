import {
  checkParams,
  lightDeviceRpcs,
  parseDeviceKey,
  type DeviceKey,
  type Fields,
  type JsonObject,
  type StructOf,
} from "@heliograph/protocol";
import { MOST_PATHS, wishOf } from "../live/watching.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "../refusal.ts";
import type { ManagerSaid } from "./manager-language.ts";
import type { Seen } from "./watched-views.ts";

const { Observe, Unobserve } = lightDeviceRpcs;

/** The params of what a device is asked, with `Device` beside them [LIGHT 6, LIGHT 7]. */
export function readObserve(given: JsonObject): Extract<ManagerSaid, { readonly type: "watch" }> | Refusal {
  const read = readParams(Observe.request, given);
  if (isRefusal(read)) return read;
  const { device, params } = read;
  const { View: view, Paths: paths, Interval: interval, OnChange: changes = false } = params;
  if (paths.length > MOST_PATHS) return refuse("invalid-request", `Paths has ${MOST_PATHS} paths at most`);
  const every = interval === undefined ? {} : { interval };
  return { type: "watch", device, view, wish: wishOf(paths, { ...every, changes }) };
}

export function readUnobserve(
  given: JsonObject,
): Extract<ManagerSaid, { readonly type: "unwatch" }> | Refusal {
  const read = readParams(Unobserve.request, given);
  if (isRefusal(read)) return read;
  return { type: "unwatch", device: read.device, view: read.params.View };
}

/** What is seen in a view: how, or values. */
export function seenText({ device, view, said }: Seen): string {
  const of = { Device: device, View: view };
  if (said.type === "values")
    return notification("Observed", { ...of, Time: said.at, ParameterList: said.values });
  const { way, every, path, detail } = said;
  const more = {
    ...(every === undefined ? {} : { Interval: every }),
    ...(path === undefined ? {} : { Path: path }),
    ...(detail === undefined ? {} : { Detail: detail }),
  };
  return notification("Observing", { ...of, Way: way, ...more });
}

function notification(method: string, params: object): string {
  return JSON.stringify({ jsonrpc: "2.0", method, params });
}

function readParams<F extends Fields>(
  fields: F,
  { Device: key, ...given }: JsonObject,
): { readonly device: DeviceKey; readonly params: StructOf<F> } | Refusal {
  const device = typeof key === "string" ? parseDeviceKey(key) : undefined;
  if (device === undefined) return refuse("invalid-request", "Device is the key of a device");
  const read = checkParams(fields, given, { strictness: "schema", at: "$.params" });
  if (read.ok) return { device, params: read.value };
  const { at, detail } = read.problem;
  return refuseInput("invalid-request", [{ at, detail }]);
}
