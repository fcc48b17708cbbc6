import type { DeviceQuirk, ModelQuirk, ModelQuirks, Quirk } from "@heliograph/api";
import {
  quirkNames,
  quirkTable,
  type ExplainedQuirk,
  type ModelQuirks as KnownModel,
  type QuirkName,
} from "../ports/index.ts";
import { present } from "./present.ts";
import { showOptionalTime, showTime } from "./show-time.ts";

export function showQuirk(name: QuirkName): Quirk {
  const { values, usual, isLearned: learned, meaning } = quirkTable[name];
  return { name, values, usual, learned, meaning };
}

export function showDeviceQuirk({ name, value, from, how, note }: ExplainedQuirk): DeviceQuirk {
  const { values, meaning } = quirkTable[name];
  return present({
    name,
    value,
    how,
    from: from === "nobody" ? undefined : from,
    since: showOptionalTime(note?.since),
    by: note?.by,
    values,
    meaning,
  });
}

/** In the order of the table; what was set stands before what was learned beside it. */
export function showModel({ model, known }: KnownModel): ModelQuirks {
  const quirks = quirkNames.flatMap((name) =>
    (["set", "learned"] as const).flatMap((how): readonly ModelQuirk[] => {
      const note = known[how][name];
      if (note === undefined) return [];
      const { value, since, by } = note;
      return [present({ name, value, how, since: showTime(since), by })];
    }),
  );
  return { model, quirks };
}
