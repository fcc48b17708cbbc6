import {
  routes,
  type JsonObject,
  type ProblemError,
  type QuirkExportQuery,
  type QuirkFile,
  type SharedModel,
} from "@heliograph/api";
import {
  hasChanged,
  isQuirkName,
  isQuirkValue,
  mergeQuirks,
  modelKey,
  normalModel,
  quirkNames,
  quirkTable,
  subjects,
  type AuditEntry,
  type KnownQuirks,
  type MergedQuirk,
  type MergeTerms,
  type Model,
  type ModelQuirks,
  type ObservedQuirks,
  type Quirk,
  type QuirkNotes,
  type SharedQuirks,
} from "../ports/index.ts";
import { isRefusal, refuseInput, type Refusal } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";

/** What is known of models, from operator to operator. */
export function quirkFileHandlers(ports: NorthboundPorts) {
  return {
    exportQuirks: serve(routes.exportQuirks, async ({ input: { query } }) => {
      const models = await ports.store.modelQuirks();
      return give(200, fileOf(models.filter(({ model }) => isMeant(model, query))));
    }),

    importQuirks: serve(routes.importQuirks, async ({ input: { query, body }, manager }) => {
      const models = readModels(body);
      if (isRefusal(models)) return models;
      const { dryRun = false, replace = false } = query;
      const terms = { replace, at: ports.clock.now(), by: manager.name };
      const merged = await (dryRun ? rehearse : carryOut)(ports, models, terms);
      return give(200, { dryRun, items: merged });
    }),
  };
}

/** What would become of each. */
async function rehearse(
  { store }: NorthboundPorts,
  models: readonly SharedQuirks[],
  terms: MergeTerms,
): Promise<readonly MergedQuirk[]> {
  const stored = await store.modelQuirks();
  const known = new Map<string, KnownQuirks>(stored.map((each) => [modelKey(each.model), each.known]));
  return models.flatMap((shared) => {
    const key = modelKey(shared.model);
    const merged = mergeQuirks(known.get(key) ?? { set: {}, learned: {} }, shared, terms);
    known.set(key, merged.known);
    return merged.merged;
  });
}

async function carryOut(
  { store, bus }: NorthboundPorts,
  models: readonly SharedQuirks[],
  terms: MergeTerms,
): Promise<readonly MergedQuirk[]> {
  const { at, by, replace } = terms;
  const told = models.map(({ model, set, learned }) => ({
    ...{ model: { ...model }, set: plain(set), learned: plain(learned) },
  }));
  const detail = { replace, models: told };
  const audit: AuditEntry = { at, manager: by, action: "import-quirks", detail };
  const { merged } = await store.commit("import-quirks", { ...terms, models, audit });
  if (merged.some(hasChanged)) bus.publish(subjects.configChanged, { what: "quirks" });
  return merged;
}

function fileOf(models: readonly ModelQuirks[]): QuirkFile {
  return {
    format: "heliograph-quirks",
    version: 1,
    models: models.map(({ model, known: { set, learned } }) => ({
      model,
      ...valuesOf("set", set),
      ...valuesOf("learned", learned),
    })),
  };
}

function valuesOf(how: "set" | "learned", notes: QuirkNotes): Partial<SharedModel> {
  const values = quirkNames.flatMap((name) => pairOf(name, notes[name]?.value));
  return values.length === 0 ? {} : { [how]: Object.fromEntries(values) };
}

function isMeant(model: Model, asked: QuirkExportQuery): boolean {
  return modelKey({ ...model, ...asked }) === modelKey(model);
}

/** Refuses the file for everything in it that is not known, each with its place. */
function readModels({ models }: QuirkFile): readonly SharedQuirks[] | Refusal {
  const errors = models.flatMap((shared, index) =>
    (["set", "learned"] as const).flatMap((how) => errorsIn(shared, { how, at: `$.models[${index}]` })),
  );
  if (errors.length > 0) return refuseInput("unknown-quirk-value", errors);
  return models.map(({ model, set = {}, learned = {} }) => ({
    model: normalModel(model),
    set: observed(set),
    learned: observed(learned),
  }));
}

function errorsIn(
  shared: SharedModel,
  { how, at }: { readonly how: "set" | "learned"; readonly at: string },
): readonly ProblemError[] {
  return Object.entries(shared[how] ?? {}).flatMap(([name, value]) => {
    const detail = whyNot(name, value, how);
    return detail === undefined ? [] : [{ at: `${at}.${how}.${name}`, detail }];
  });
}

function whyNot(name: string, value: string, how: "set" | "learned"): string | undefined {
  if (!isQuirkName(name)) return `is no quirk: there are ${quirkNames.join(", ")}`;
  const { values, isLearned }: Quirk = quirkTable[name];
  if (!isQuirkValue(name, value)) return `is never "${value}": it is ${values.join(" or ")}`;
  return how === "learned" && !isLearned ? "is never learned: it is only set" : undefined;
}

function observed(values: Readonly<Record<string, string>>): ObservedQuirks {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isQuirkName(name)));
}

function plain(values: ObservedQuirks): JsonObject {
  return Object.fromEntries(quirkNames.flatMap((name) => pairOf(name, values[name])));
}

function pairOf(name: string, value: string | undefined): readonly (readonly [string, string])[] {
  return value === undefined ? [] : [[name, value]];
}
