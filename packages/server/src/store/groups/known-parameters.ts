import { fixedPart, type DeviceKey } from "@heliograph/protocol";
import type { LearnedParameter, LearnedParameters } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findParameters } from "../parameter-rows.ts";

/** What is known of the parameters and objects that expressions name. */
export function findAsked(db: Database, device: DeviceKey, paths: readonly string[]): LearnedParameters {
  const groups = new Map<string, Readonly<Record<string, LearnedParameter>>>();
  for (const path of new Set(paths.map(fixedPart))) {
    for (const [object, group] of Object.entries(findParameters(db, device, path))) {
      groups.set(object, { ...groups.get(object), ...group });
    }
  }
  return Object.fromEntries(groups);
}
