import type { DetailedParameters, ParameterDetail, Parameters } from "@heliograph/api";
import type { LearnedParameter, LearnedParameters } from "../ports/index.ts";
import { present } from "./present.ts";
import { showOptionalTime } from "./show-time.ts";

/** Values alone; what has none, such as an object, is left out. */
export function showParameters(learned: LearnedParameters): Parameters {
  return { ParameterList: mapGrouped(learned, ({ value }) => value) };
}

export function showParameterDetails(learned: LearnedParameters): DetailedParameters {
  return { ParameterList: mapGrouped(learned, showParameter) };
}

function showParameter({ at, ...parameter }: LearnedParameter): ParameterDetail {
  return present({ ...parameter, at: showOptionalTime(at) });
}

/** Maps every leaf; those without a picture are left out, and so are objects without leaves. */
function mapGrouped<T>(
  learned: LearnedParameters,
  show: (parameter: LearnedParameter) => T | undefined,
): Readonly<Record<string, Readonly<Record<string, T>>>> {
  const objects = Object.entries(learned).map(([object, leaves]): [string, [string, T][]] => [
    object,
    Object.entries(leaves).flatMap(([leaf, parameter]) => {
      const shown = show(parameter);
      return shown === undefined ? [] : [[leaf, shown]];
    }),
  ]);
  return Object.fromEntries(
    objects
      .filter(([, leaves]) => leaves.length > 0)
      .map(([object, leaves]) => [object, Object.fromEntries(leaves)]),
  );
}
