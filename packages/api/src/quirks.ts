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
