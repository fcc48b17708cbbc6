import { Type } from "typebox";
import { DeviceKey, type Shape } from "./schema.ts";

const Name = Type.String({
  maxLength: 64,
  description: "One of those that `GET /api/v1/quirks` lists.",
  examples: ["declaration"],
});

const Value = Type.String({
  maxLength: 64,
  description: "One of the quirk's values.",
  examples: ["present"],
});

const Since = Type.String({ format: "date-time", description: "When it was set, or first learned." });
const By = Type.String({ description: "Who set it; left out where it was learned." });

export type Quirk = Shape<typeof Quirk>;
export const Quirk = Type.Object(
  {
    name: Name,
    values: Type.Array(Value),
    usual: Type.String({ description: "What holds where nothing is known." }),
    learned: Type.Boolean({
      description: "Whether devices show it by themselves; what they do not show is only ever set.",
    }),
    meaning: Type.String(),
  },
  { title: "Quirk", description: "A way in which devices differ, and what the ACS does about it." },
);

export type DeviceQuirk = Shape<typeof DeviceQuirk>;
export const DeviceQuirk = Type.Object(
  {
    name: Name,
    value: Value,
    how: Type.Enum(["set", "learned", "usual"], {
      description: "What was set comes before what was learned; `usual`: nothing is known.",
    }),
    from: Type.Optional(
      Type.Enum(["device", "model-and-software", "model"], {
        description:
          "What it was set for, or learned of; the closer to the device, the more it counts. Left out where it is usual.",
      }),
    ),
    since: Type.Optional(Since),
    by: Type.Optional(By),
    values: Type.Array(Value),
    meaning: Type.String(),
  },
  { title: "DeviceQuirk", description: "What holds for a device, and where that comes from." },
);

export type DeviceQuirkList = Shape<typeof DeviceQuirkList>;
export const DeviceQuirkList = Type.Object(
  { items: Type.Array(DeviceQuirk) },
  { title: "DeviceQuirkList", additionalProperties: false },
);

/** What says which model is meant. */
const model = {
  oui: Type.String({ pattern: "\\S", maxLength: 64, examples: ["00D09E"] }),
  productClass: Type.String({ maxLength: 256, examples: ["IGD"] }),
  softwareVersion: Type.Optional(
    Type.String({
      pattern: "\\S",
      maxLength: 256,
      description: "Only devices that run this; left out: all.",
    }),
  ),
};

export type Model = Shape<typeof Model>;
export const Model = Type.Object(model, {
  title: "Model",
  description: "All devices of a product class of a vendor, whoever wrote its OUI in which case.",
});

export type ModelQuirk = Shape<typeof ModelQuirk>;
export const ModelQuirk = Type.Object(
  { name: Name, value: Value, how: Type.Enum(["set", "learned"]), since: Since, by: Type.Optional(By) },
  { title: "ModelQuirk" },
);

export type ModelQuirks = Shape<typeof ModelQuirks>;
export const ModelQuirks = Type.Object(
  { model: Model, quirks: Type.Array(ModelQuirk) },
  {
    title: "ModelQuirks",
    description: "What was set for a model, and beside it what one of its devices was the last to teach.",
  },
);

export type QuirkList = Shape<typeof QuirkList>;
export const QuirkList = Type.Object(
  {
    items: Type.Array(Quirk),
    models: Type.Array(ModelQuirks, { description: "Those of which anything is known." }),
  },
  { title: "QuirkList", additionalProperties: false },
);

export type QuirkRequest = Shape<typeof QuirkRequest>;
export const QuirkRequest = Type.Object(
  { value: Value },
  { title: "QuirkRequest", additionalProperties: false },
);

export const DeviceQuirkPath = Type.Object({ key: DeviceKey, name: Name });
export const QuirkPath = Type.Object({ name: Name });
export const ModelQuery = Type.Object(model, { additionalProperties: false });

const SharedValues = Type.Record(Type.String({ maxLength: 64 }), Value, {
  description: "Values by the names of their quirks.",
});

export type SharedModel = Shape<typeof SharedModel>;
export const SharedModel = Type.Object(
  {
    model: Type.Object(model, { additionalProperties: false }),
    set: Type.Optional(SharedValues),
    learned: Type.Optional(SharedValues),
  },
  {
    title: "SharedModel",
    description: "What people say of a model, and what its devices taught: no device, no person, no time.",
    additionalProperties: false,
  },
);

export type QuirkFile = Shape<typeof QuirkFile>;
export const QuirkFile = Type.Object(
  {
    format: Type.Literal("heliograph-quirks"),
    version: Type.Literal(1),
    models: Type.Array(SharedModel, { maxItems: 5_000 }),
  },
  {
    title: "QuirkFile",
    description: "What is known of models, in the form in which operators share it.",
    additionalProperties: false,
  },
);

export type QuirkExportQuery = Shape<typeof QuirkExportQuery>;
export const QuirkExportQuery = Type.Partial(Type.Object(model), { additionalProperties: false });

export type QuirkImportQuery = Shape<typeof QuirkImportQuery>;
export const QuirkImportQuery = Type.Object(
  {
    dryRun: Type.Optional(Type.Boolean({ description: "Only says what would become of each." })),
    replace: Type.Optional(
      Type.Boolean({ description: "What was set here gives way. What devices taught here never does." }),
    ),
  },
  { additionalProperties: false },
);

export type ImportedQuirk = Shape<typeof ImportedQuirk>;
export const ImportedQuirk = Type.Object(
  {
    model: Model,
    name: Name,
    value: Value,
    how: Type.Enum(["set", "learned"]),
    outcome: Type.Enum(["added", "replaced", "kept", "same"], {
      description: "`kept`: what is known here says otherwise, and stays. `same`: it was known.",
    }),
    was: Type.Optional(Type.String({ description: "What is, or was, known here." })),
  },
  { title: "ImportedQuirk" },
);

export type QuirkImport = Shape<typeof QuirkImport>;
export const QuirkImport = Type.Object(
  { dryRun: Type.Boolean(), items: Type.Array(ImportedQuirk) },
  { title: "QuirkImport", description: "What became of each quirk of a file.", additionalProperties: false },
);
