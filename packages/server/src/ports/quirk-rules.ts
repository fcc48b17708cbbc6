import { modelKey, modelOf, quirkNames, quirkTable } from "./quirks.ts";
import type {
  ExplainedQuirk,
  KnownQuirks,
  ModelQuirks,
  ObservedQuirks,
  QuirkBook,
  QuirkHolder,
  QuirkName,
  Quirks,
  QuirkSource,
  ResolvedQuirks,
} from "./quirks.ts";

/** What is known where a device looks: undefined where nothing is. */
export interface QuirkSources {
  readonly device: KnownQuirks | undefined;
  readonly modelAndSoftware: KnownQuirks | undefined;
  readonly model: KnownQuirks | undefined;
}

/** What these models' quirks say of each device. */
export function quirkBook(models: readonly ModelQuirks[]): QuirkBook {
  const byModel = new Map(models.map(({ model, known }) => [modelKey(model), known]));
  const sources = (device: QuirkHolder): QuirkSources => {
    if (byModel.size === 0) return { device: device.quirks, modelAndSoftware: undefined, model: undefined };
    const model = modelOf(device);
    const { oui, productClass, softwareVersion } = model;
    return {
      device: device.quirks,
      modelAndSoftware: softwareVersion === undefined ? undefined : byModel.get(modelKey(model)),
      model: byModel.get(modelKey({ oui, productClass })),
    };
  };
  return {
    models,
    of: (device) => resolveQuirks(sources(device)),
    explain: (device) => explainQuirks(sources(device)),
  };
}

/**
 * What a person set comes before everything that was learned; among both, what is said of the device alone comes before what
 * is said of its model with its software, and that before what is said of the model.
 */
export function explainQuirks(sources: QuirkSources): readonly ExplainedQuirk[] {
  return quirkNames.map((name) => explain(name, sources, ["set", "learned"]));
}

export function resolveQuirks(sources: QuirkSources): ResolvedQuirks {
  // Most devices have none.
  if (inOrder(sources).every(([, known]) => known === undefined)) return USUAL;
  const values = explainQuirks(sources);
  const learned = quirkNames.map((name) => explain(name, sources, ["learned"]));
  return {
    values: allOf(values),
    set: partOf(values.filter(({ how }) => how === "set")),
    learned: allOf(learned),
  };
}

/** What a device showed that is not what is known of it. */
export function quirkNews(observed: ObservedQuirks, { learned }: ResolvedQuirks): ObservedQuirks {
  const shown = learnedNames.flatMap((name) => {
    const value = observed[name];
    return value === undefined || value === learned[name] ? [] : [{ name, value }];
  });
  return partOf(shown);
}

const learnedNames = quirkNames.filter((name) => quirkTable[name].isLearned);

function explain(
  name: QuirkName,
  sources: QuirkSources,
  hows: readonly ("set" | "learned")[],
): ExplainedQuirk {
  for (const how of hows) {
    for (const [from, known] of inOrder(sources)) {
      const note = known?.[how][name];
      if (note !== undefined) return { name, value: note.value, from, how, note };
    }
  }
  return { name, value: quirkTable[name].usual, from: "nobody", how: "usual" };
}

function inOrder({ device, modelAndSoftware, model }: QuirkSources) {
  return [
    ["device", device],
    ["model-and-software", modelAndSoftware],
    ["model", model],
  ] as const satisfies readonly (readonly [QuirkSource, KnownQuirks | undefined])[];
}

type Named = Pick<ExplainedQuirk, "name" | "value">;

/** Of a value for each name. */
function allOf(named: readonly Named[]): Quirks;
function allOf(named: readonly Named[]): unknown {
  return partOf(named);
}

function partOf(named: readonly Named[]): ObservedQuirks {
  return Object.fromEntries(named.map(({ name, value }) => [name, value]));
}

const usual = quirkNames.map((name) => ({ name, value: quirkTable[name].usual }));
const USUAL: ResolvedQuirks = { values: allOf(usual), set: {}, learned: allOf(usual) };
