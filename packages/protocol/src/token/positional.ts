import { accept, refuse, type Decoded } from "../decoded.ts";
import { isCompactValue } from "../model/compact.ts";
import { grouped, groupedValue } from "../model/grouped.ts";
import { isPartialPath } from "../model/path.ts";
import { isRecord } from "../model/record.ts";
import type { CompactValue, ParameterValues } from "../model/value.ts";
import type { DeviceParams } from "../rpc/table.ts";

/** What asks for an answer of values alone, in the order asked: the names are what costs bytes [LIGHT 3]. */
export interface PositionalParams extends DeviceParams<"GetParameterValues"> {
  readonly Shape: "values";
}

/** The same question, positional; undefined where it asks for whole objects, whose values have no order. */
export function positional(params: DeviceParams<"GetParameterValues">): PositionalParams | undefined {
  const { ParameterNames: names } = params;
  return names.some(isPartialPath) ? undefined : { ParameterNames: names, Shape: "values" };
}

export function isValuesShape(params: unknown): boolean {
  return isRecord(params) && params["Shape"] === "values";
}

/** A device's positional answer: null for a name that it did not find among its values. */
export function positionalAnswer(
  names: readonly string[],
  values: ParameterValues,
): { readonly Values: readonly CompactValue[] } {
  return { Values: names.map((name) => groupedValue(values, name) ?? null) };
}

/** Reads a positional answer to `names`; one that names its values all the same is what it says. */
export function decodePositional(
  names: readonly string[],
  result: unknown,
): Decoded<{ readonly ParameterList: ParameterValues } | undefined> {
  if (!isRecord(result) || !Object.hasOwn(result, "Values")) return accept(undefined);
  const values: unknown = result["Values"];
  if (!Array.isArray(values)) return refuse("bad-field", "$.result.Values", "a list is needed");
  if (values.length !== names.length) {
    return refuse("bad-field", "$.result.Values", `${names.length} values are needed, not ${values.length}`);
  }
  const pairs: (readonly [path: string, value: CompactValue])[] = [];
  for (const [index, name] of names.entries()) {
    const value: unknown = values[index];
    if (!isCompactValue(value)) {
      return refuse("bad-field", `$.result.Values[${index}]`, "this is no parameter value");
    }
    // Adding 0 makes 0 of -0.
    pairs.push([name, typeof value === "number" ? value + 0 : value]);
  }
  return accept({ ParameterList: grouped(pairs) });
}
