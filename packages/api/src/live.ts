import { Type } from "typebox";
import { JsonObject, Time, type Shape } from "./schema.ts";

export type LiveQuery = Shape<typeof LiveQuery>;
export const LiveQuery = Type.Object(
  {
    path: Type.Array(Type.String({ maxLength: 256 }), {
      minItems: 1,
      maxItems: 64,
      description: "A full or a partial path, in which `*` stands for every instance; may stand repeatedly.",
    }),
    interval: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 86_400,
        description: "Seconds; 10, or only changes where those are asked for.",
      }),
    ),
    changes: Type.Optional(Type.Boolean({ description: "Also whenever one of the values changes." })),
  },
  { additionalProperties: false },
);

const way = Type.Union([Type.Literal("observe"), Type.Literal("read")], {
  description:
    "`observe`: the device tells by itself, over the light transport. `read`: the ACS reads, every 30 s at most and only " +
    "while the device can be reached; what changes in between is not seen.",
});

export type LiveMessage = Shape<typeof LiveMessage>;
export const LiveMessage = Type.Union(
  [
    Type.Object({
      type: Type.Literal("way"),
      way,
      every: Type.Optional(Type.Number({ description: "Seconds; left out where only changes are told." })),
      path: Type.Optional(
        Type.String({ description: "Where detail concerns this alone of what is watched." }),
      ),
      detail: Type.Optional(Type.String({ description: "Why nothing is seen now." })),
    }),
    Type.Object({
      type: Type.Literal("values"),
      at: Time,
      values: JsonObject,
    }),
  ],
  { title: "LiveMessage", description: "What is seen of a device's values, and how." },
);
