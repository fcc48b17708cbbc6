import { factOf, type Dependencies, type FactName } from "@heliograph/protocol";
import { readDocument, writeDocument, type Document } from "../document.ts";

/** What the groups there are ask for. Times are not among it: they change with every Inform, and are looked at by counting. */
export interface NeededFacts {
  readonly facts: readonly FactName[];
  /** Of parameters and objects, as expressions write them. */
  readonly paths: readonly string[];
}

/** What tells, of a device's row, whether an Inform told anything that groups ask for. */
export const GROUPED = "group_facts, coalesce((SELECT needed FROM group_book), '') AS group_needs";

const NOTHING: NeededFacts = { facts: [], paths: [] };

interface Asking {
  readonly asks: Dependencies;
}

/** As {@link readNeeded} takes it; empty where there is nothing. */
export function neededText(groups: readonly Asking[]): string {
  const needed = neededBy(groups);
  return needed.facts.length + needed.paths.length === 0 ? "" : writeDocument(needed);
}

export function neededBy(groups: readonly Asking[]): NeededFacts {
  const all = groups.map(({ asks }) => asks);
  const facts = [...new Set(all.flatMap((each) => [...each.facts]))].filter(isNoTime).toSorted();
  const paths = [...new Set(all.flatMap((each) => [...each.paths]))].toSorted();
  return { facts, paths };
}

export function readNeeded(text: string): NeededFacts {
  return text === "" ? NOTHING : readDocument(text as Document<NeededFacts>);
}

function isNoTime(name: FactName): boolean {
  return factOf(name).kind !== "time";
}
