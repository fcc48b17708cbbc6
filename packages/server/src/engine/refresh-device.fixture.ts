import {
  grouped,
  isPartialPath,
  type JsonObject,
  type JsonValue,
  type RpcOutcome,
} from "@heliograph/protocol";
import type { DeviceCall } from "../ports/index.ts";

/** What a device of a test is like. */
export interface WeakDevice {
  /** Its parameters, by their paths. */
  readonly names: readonly string[];
  /** Parameters that make every read with them fail with 9005. */
  readonly bad?: ReadonlySet<string>;
  /** Parameters that make every read with them fail with 9002. */
  readonly broken?: ReadonlySet<string>;
  /** Parameters that it lists, and leaves out when they are read. */
  readonly missing?: ReadonlySet<string>;
  /** Parameters at whose reading it falls silent. */
  readonly deadly?: ReadonlySet<string>;
  /** More of them in one answer are 9004. */
  readonly maxNames?: number;
  readonly nextLevel?: "kept" | "ignored" | "refused";
  readonly emptyPath?: "answered" | "refused";
  /** It lists objects as others, without their dots, or not at all where their names go deeper. */
  readonly objects?: "listed" | "without-dot";
}

/** How the device answers; undefined: it does not. */
export function answerOf(device: WeakDevice, { method, params }: DeviceCall): RpcOutcome | undefined {
  return method === "GetParameterNames" ? listing(device, params) : reading(device, params);
}

/** What it can be read of. */
export function readable({ names, bad, broken, missing, deadly }: WeakDevice): readonly string[] {
  return names.filter((name) => ![bad, broken, missing, deadly].some((set) => set?.has(name) === true));
}

function listing(device: WeakDevice, params: JsonObject): RpcOutcome {
  const path = textOf(params["ParameterPath"]);
  const { names, nextLevel = "kept", emptyPath = "answered", objects = "listed" } = device;
  if (path === "" && emptyPath === "refused") return fault(9005);
  if (nextLevel === "refused") return fault(9003);
  const below = names.filter((name) => name.startsWith(path));
  if (below.length === 0 || !isPartialPath(path)) return fault(9005);
  const listed = nextLevel === "ignored" ? below : below.map((name) => firstLevel(name, path));
  const shown = objects === "listed" ? listed : listed.map((name) => name.replace(/\.$/, ""));
  return { result: { ParameterList: grouped([...new Set(shown)].map((name) => [name, false] as const)) } };
}

/** An empty path may be left out. */
function textOf(path: JsonValue | undefined): string {
  return typeof path === "string" ? path : "";
}

function firstLevel(name: string, path: string): string {
  const dot = name.indexOf(".", path.length);
  return dot < 0 ? name : name.slice(0, dot + 1);
}

function reading(device: WeakDevice, params: JsonObject): RpcOutcome | undefined {
  const { names, bad, broken, missing, deadly, maxNames = Infinity } = device;
  const asked = params["ParameterNames"];
  if (!Array.isArray(asked)) return fault(9003);
  const found: string[] = [];
  for (const path of asked.map(String)) {
    const below = isPartialPath(path) ? names.filter((name) => name.startsWith(path)) : [path];
    if (below.length === 0 || below.some((name) => !names.includes(name) || bad?.has(name) === true)) {
      return fault(9005);
    }
    found.push(...below);
  }
  if (found.some((name) => deadly?.has(name) === true)) return undefined;
  if (found.length > maxNames) return fault(9004);
  if (found.some((name) => broken?.has(name) === true)) return fault(9002);
  const told = found.filter((name) => missing?.has(name) !== true);
  return { result: { ParameterList: grouped(told.map((name) => [name, "v"] as const)) } };
}

function fault(code: number): RpcOutcome {
  return { fault: { code, message: `fault ${code}` } };
}
