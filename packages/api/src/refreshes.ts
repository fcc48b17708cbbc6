import { Type } from "typebox";
import { Time, Wait, type Shape } from "./schema.ts";

const path = Type.String({ maxLength: 256 });

const bounds = {
  rpcs: Type.Optional(Type.Integer({ minimum: 1, maximum: 20_000, default: 2_000 })),
  seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400, default: 1_800 })),
  names: Type.Optional(Type.Integer({ minimum: 1, maximum: 50_000, default: 20_000 })),
  bytes: Type.Optional(Type.Integer({ minimum: 1, maximum: 268_435_456, default: 16_777_216 })),
};

export type RefreshRequest = Shape<typeof RefreshRequest>;
export const RefreshRequest = Type.Object(
  {
    paths: Type.Optional(
      Type.Array(path, {
        minItems: 1,
        maxItems: 256,
        description:
          "Parameters and partial paths. Left out: what is known already, and the first levels; what lies deeper and is " +
          "not known is left out, and said to be.",
        examples: [["Device.WiFi."]],
      }),
    ),
    bounds: Type.Optional(
      Type.Object(bounds, {
        additionalProperties: false,
        description:
          "What it may cost at most: RPCs, seconds from the first of them on, parameters, bytes of names and values.",
      }),
    ),
    wait: Type.Optional(Wait),
    expires: Type.Optional(
      Type.Union([Time, Type.Integer({ minimum: 1, maximum: 31_536_000 })], {
        description: "When it is given up, done or not: a time, or seconds from now.",
      }),
    ),
    automatic: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description:
          "The name of what asks by itself, such as a policy or a script: it is held back where a device is left alone, and " +
          "stopped where it goes round in a circle. Left out where a person asks.",
      }),
    ),
  },
  { title: "RefreshRequest", description: "What of a device's data model is to be read." },
);

export type RefreshProgress = Shape<typeof RefreshProgress>;
export const RefreshProgress = Type.Object(
  {
    paths: Type.Array(path, {
      description: "What was asked for; empty: what was known, and the first levels.",
    }),
    rpcs: Type.Integer({ description: "Answers so far." }),
    read: Type.Integer({ description: "Parameters read so far." }),
    left: Type.Object(
      { parameters: Type.Integer(), objects: Type.Integer() },
      { description: "As far as is known: parameters to be read, objects to be looked into." },
    ),
    bytes: Type.Integer({ description: "Of names and values so far." }),
    batch: Type.Integer({ description: "How many parameters the next RPC may ask for." }),
    unreadable: Type.Object(
      {
        count: Type.Integer(),
        items: Type.Array(
          Type.Object({
            path,
            fault: Type.Optional(Type.Object({ code: Type.Integer(), message: Type.String() })),
          }),
        ),
      },
      {
        description:
          "What could not be read, the first of them by name; without a fault the device said nothing of it.",
      },
    ),
    leftOut: Type.Object(
      { count: Type.Integer(), items: Type.Array(path) },
      { description: "What was not read for want of time and room, or because nothing asked for it." },
    ),
  },
  { title: "RefreshProgress", description: "How far a refresh has come." },
);
