import { quirkNames } from "./quirks.ts";
import type { KnownQuirks, Model, ObservedQuirks, QuirkName, QuirkNotes } from "./quirks.ts";
import type { AuditEntry } from "./records.ts";

/** What an operator tells another of a model: no device, no person, no time. */
export interface SharedQuirks {
  readonly model: Model;
  readonly set: ObservedQuirks;
  readonly learned: ObservedQuirks;
}

/** How what is shared is taken. */
export interface MergeTerms {
  /** What was set here gives way; what devices taught here never does. */
  readonly replace: boolean;
  readonly at: number;
  readonly by: string;
}

export interface ImportQuirks extends MergeTerms {
  /** Later ones are merged into what earlier ones left. */
  readonly models: readonly SharedQuirks[];
  readonly audit: AuditEntry;
}

export interface ImportQuirksResult {
  readonly merged: readonly MergedQuirk[];
}

/** `kept`: what is known here says otherwise, and stays. `same`: it was known. */
export type MergeOutcome = "added" | "replaced" | "kept" | "same";

/** What became of one quirk that was shared. */
export interface MergedQuirk {
  readonly model: Model;
  readonly name: QuirkName;
  readonly value: string;
  readonly how: "set" | "learned";
  readonly outcome: MergeOutcome;
  /** What is, or was, known here; left out where nothing was. */
  readonly was?: string;
}

export interface Merged {
  readonly known: KnownQuirks;
  readonly merged: readonly MergedQuirk[];
}

/**
 * What is known of a model once somebody else's knowledge was added. What was set is set, what was learned is learned; neither
 * takes the place of what was found out here, unless somebody says so of what was set.
 */
export function mergeQuirks(known: KnownQuirks, shared: SharedQuirks, terms: MergeTerms): Merged {
  const merged = quirkNames.flatMap((name) =>
    (["set", "learned"] as const).flatMap((how): readonly MergedQuirk[] => {
      const value = shared[how][name];
      if (value === undefined) return [];
      const was = known[how][name]?.value;
      const outcome = outcomeOf({ how, value, was }, terms);
      return [{ model: shared.model, name, value, how, outcome, ...(was === undefined ? {} : { was }) }];
    }),
  );
  const { at: since, by } = terms;
  return {
    known: {
      set: withThose(known.set, merged, { how: "set", note: { since, by } }),
      learned: withThose(known.learned, merged, { how: "learned", note: { since } }),
    },
    merged,
  };
}

export function hasChanged({ outcome }: MergedQuirk): boolean {
  return outcome === "added" || outcome === "replaced";
}

function outcomeOf(
  quirk: { readonly how: "set" | "learned"; readonly value: string; readonly was: string | undefined },
  { replace }: MergeTerms,
): MergeOutcome {
  const { how, value, was } = quirk;
  if (was === undefined) return "added";
  if (was === value) return "same";
  return how === "set" && replace ? "replaced" : "kept";
}

function withThose(
  notes: QuirkNotes,
  merged: readonly MergedQuirk[],
  { how, note }: { readonly how: "set" | "learned"; readonly note: object },
): QuirkNotes {
  const added = merged.filter((quirk) => quirk.how === how && hasChanged(quirk));
  return { ...notes, ...Object.fromEntries(added.map(({ name, value }) => [name, { value, ...note }])) };
}
