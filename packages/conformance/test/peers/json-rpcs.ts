import { leavesOf, namesBelow } from "./lamp.ts";

export type Outcome =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly [name: string]: unknown } };
type Params = Readonly<Record<string, unknown>>;

/** What the device does in JSON, with the rule that it breaks. */
export function jsonOutcome(method: unknown, params: Params, breaks: string | undefined): Outcome {
  const names = params["ParameterNames"];
  switch (method) {
    case "GetParameterValues":
      if (!Array.isArray(names)) return refused(-32602);
      return valuesOf(names.map(String), params["Shape"] === "values", breaks);
    case "GetParameterNames":
      return namesOf(String(params["ParameterPath"]), breaks);
    case "SetParameterValues":
      return setValues(params["ParameterList"], breaks);
    case "Reboot":
      return { result: {} };
    default:
      return refused(breaks === "has another code for an RPC that it has not" ? 9005 : 9000);
  }
}

export const refused = (code: number): Outcome => ({ error: { code, message: "no" } });

function valuesOf(names: readonly string[], isShaped: boolean, breaks: string | undefined): Outcome {
  const isPartial = names.some((name) => name.endsWith("."));
  if (isShaped && isPartial && breaks !== "shapes the values of partial paths") return refused(9003);
  const found = names.map(leavesOf);
  if (found.includes(undefined))
    return refused(breaks === "has another code for a path that it has not" ? 9003 : 9005);
  const leaves = found.flatMap((each) => each ?? []);
  const values = leaves.map(([, value]) => value);
  if (isShaped) return { result: { Values: breaks === "sorts the values" ? values.toSorted() : values } };
  if (breaks === "lists flat") return { result: { ParameterList: Object.fromEntries(leaves) } };
  const odd = breaks === "writes numbers with a fraction";
  return {
    result: {
      ParameterList: grouped(leaves.map(([path, value]) => [path, odd && value === 70 ? 70.5 : value])),
    },
  };
}

function namesOf(path: string, breaks: string | undefined): Outcome {
  const names = namesBelow(path, breaks === "lists the object itself");
  return { result: { ParameterList: grouped(names.map((name) => [name, false])) } };
}

function setValues(list: unknown, breaks: string | undefined): Outcome {
  const entries = (value: unknown): [string, unknown][] =>
    typeof value === "object" && value !== null ? Object.entries(value) : [];
  const paths = entries(list).flatMap(([object, leaves]) => entries(leaves).map(([leaf]) => object + leaf));
  const missing = paths.filter((path) => leavesOf(path) === undefined);
  if (missing.length === 0) return { result: { Status: 0 } };
  const faults = missing.map((path) => ({ ParameterName: path, FaultCode: 9005, FaultString: "no" }));
  const data =
    breaks === "does not say which parameter is at fault" ? {} : { SetParameterValuesFault: faults };
  return { error: { code: 9003, message: "Invalid arguments", data } };
}

function grouped(pairs: readonly (readonly [path: string, value: unknown])[]) {
  const cut = (path: string): number => {
    const dot = path.lastIndexOf(".");
    return dot === path.length - 1 ? path.length : dot + 1;
  };
  const groups = Map.groupBy(pairs, ([path]) => path.slice(0, cut(path)));
  const leaves = (all: readonly (readonly [string, unknown])[]) =>
    Object.fromEntries(all.map(([path, value]) => [path.slice(cut(path)), value]));
  return Object.fromEntries([...groups].map(([object, all]) => [object, leaves(all)]));
}
