import { decodeDeviceRequest, groupedEntries, type Grouped } from "@heliograph/protocol";
import type { DeviceCall } from "./records.ts";
import type { Access } from "./strain.ts";

/** What an RPC reads or writes. */
export interface Touch {
  readonly access: Access;
  readonly path: string;
}

/** The paths that the RPCs of one operation read and write, each once; of a refresh those that were asked for. */
export function touches(rpcs: readonly DeviceCall[]): readonly Touch[] {
  const found = new Map(rpcs.flatMap(touched).map((touch) => [touchKey(touch), touch]));
  return [...found.values()];
}

export function touchKey({ access, path }: Touch): string {
  return `${access} ${path}`;
}

function touched({ method, params }: DeviceCall): readonly Touch[] {
  if (method === "Refresh") return all("read", textsOf(params["Paths"]));
  const decoded = decodeDeviceRequest(method, params);
  if (!decoded.ok) return [];
  const { value } = decoded;
  switch (value.method) {
    case "GetParameterValues":
    case "GetParameterAttributes":
      return all("read", value.params.ParameterNames);
    case "GetParameterNames":
      return all("read", [value.params.ParameterPath ?? ""]);
    case "SetParameterValues":
      return all("written", pathsOf(value.params.ParameterList));
    case "SetParameterAttributes":
      return all("written", pathsOf(value.params.ParameterList));
    case "AddObject":
    case "DeleteObject":
      return all("written", [value.params.ObjectName]);
    default:
      return [];
  }
}

function pathsOf(values: Grouped<unknown>): readonly string[] {
  return Array.from(groupedEntries(values), ([path]) => path);
}

function all(access: Access, paths: readonly string[]): readonly Touch[] {
  return paths.map((path) => ({ access, path }));
}

/** A refresh without paths touches the whole tree. */
function textsOf(paths: unknown): readonly string[] {
  const texts = Array.isArray(paths) ? paths.filter((path) => typeof path === "string") : [];
  return texts.length === 0 ? [""] : texts;
}
