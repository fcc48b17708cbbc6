import { Type } from "typebox";
import { Time, type Shape } from "./schema.ts";

const valueTypes = [
  "string",
  "int",
  "unsignedInt",
  "long",
  "unsignedLong",
  "boolean",
  "dateTime",
  "base64",
  "hexBinary",
  "decimal",
] as const;

export type ParameterType = (typeof valueTypes)[number];

/**
 * A parameter value in the light transport's compact form: a bare string, boolean or integer, or a pair of text and type;
 * `null` is "no value".
 */
export type CompactValue = string | boolean | number | readonly [text: string, type: ParameterType] | null;
export const CompactValue = Type.Unsafe<CompactValue>({
  title: "CompactValue",
  description:
    "A bare string is `string`, a bare boolean `boolean`, a bare integer the parameter's known type or else " +
    "`unsignedInt` (`int` if negative); everything else is a pair of text and type. `null` is no value.",
  anyOf: [
    { type: ["string", "boolean", "integer", "null"] },
    {
      type: "array",
      prefixItems: [{ type: "string" }, { enum: valueTypes }],
      items: false,
      minItems: 2,
    },
  ],
  examples: [36, true, "2.1", ["2026-01-31T00:00:00Z", "dateTime"]],
});

export type ParameterAttributes = Shape<typeof ParameterAttributes>;
export const ParameterAttributes = Type.Object(
  {
    Notification: Type.Optional(Type.Integer({ minimum: 0, maximum: 6 })),
    AccessList: Type.Optional(Type.Array(Type.String())),
  },
  { title: "ParameterAttributes", additionalProperties: false },
);

export type ParameterDetail = Shape<typeof ParameterDetail>;
export const ParameterDetail = Type.Object(
  {
    value: Type.Optional(CompactValue),
    at: Type.Optional(Time),
    writable: Type.Optional(Type.Boolean()),
    attributes: Type.Optional(ParameterAttributes),
  },
  { title: "ParameterDetail", additionalProperties: false },
);

const GROUPED = "Grouped by object, leaf names inside";

export type Parameters = Shape<typeof Parameters>;
export const Parameters = Type.Object(
  {
    ParameterList: Type.Record(Type.String(), Type.Record(Type.String(), CompactValue), {
      description: `${GROUPED}: the values the ACS last learned.`,
      examples: [{ "Device.WiFi.Radio.1.": { Channel: 36, Enable: true } }],
    }),
  },
  { title: "Parameters", additionalProperties: false },
);

export type DetailedParameters = Shape<typeof DetailedParameters>;
export const DetailedParameters = Type.Object(
  {
    ParameterList: Type.Record(Type.String(), Type.Record(Type.String(), ParameterDetail), {
      description: `${GROUPED}; an object's own entry stands under the empty name.`,
    }),
  },
  { title: "DetailedParameters", additionalProperties: false },
);

export type ParameterQuery = Shape<typeof ParameterQuery>;
export const ParameterQuery = Type.Object(
  {
    path: Type.Optional(
      Type.String({
        maxLength: 256,
        description:
          "A parameter, or a partial path (ending with a dot) and all below it; left out: everything.",
      }),
    ),
    detail: Type.Optional(
      Type.Boolean({
        description: "Also when each value was learned, whether it can be written, and its attributes.",
      }),
    ),
  },
  { additionalProperties: false },
);
