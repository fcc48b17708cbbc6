import { resolveType } from "../model/compact.ts";
import { grouped, groupedEntries } from "../model/grouped.ts";
import type { CompactValue, ValueType } from "../model/value.ts";
import type { DeviceParams } from "../rpc/table.ts";

/**
 * Makes the bare integers of a SetParameterValues explicit where a parameter's type is another than the one they would be
 * read as without the data model [LIGHT 3].
 */
export function resolveTypes(
  params: DeviceParams<"SetParameterValues">,
  knownType: (path: string) => ValueType | undefined,
): DeviceParams<"SetParameterValues"> {
  const resolved = Array.from(
    groupedEntries(params.ParameterList),
    ([path, value]): readonly [string, CompactValue] => [path, resolveType(value, knownType(path))],
  );
  return { ...params, ParameterList: grouped(resolved) };
}
