import { optional, text, type Fields } from "../rpc/field.ts";
import type { RpcDefinition, ResendRule } from "../rpc/definition.ts";
import { lightDeviceRpcs, lightRpcs } from "../rpc/light.ts";
import { policyAnswer, policyPublications } from "../rpc/policy.ts";
import { acsRpcs, deviceRpcs, VENDOR_METHOD } from "../rpc/table.ts";
import type { Role } from "../soap/envelope.ts";
import { MAX_ID_CHARS } from "./message.ts";
import { structSchema, valueSchema, vendorSchema, type JsonSchema } from "./schema.ts";

/** One schema of the light transport as strangers get it. */
export interface PublishedSchema {
  /** Its file, from the folder of the schemas. */
  readonly path: string;
  readonly schema: JsonSchema;
}

const DRAFT = "https://json-schema.org/draft/2020-12/schema";
const NAMESPACE = "urn:heliograph:light-1";

/** RPCs by the side that answers them. */
const answered: Readonly<Record<Role, Readonly<Record<string, RpcDefinition>>>> = {
  device: { ...deviceRpcs, ...lightDeviceRpcs },
  acs: { ...acsRpcs, ...lightRpcs },
};

/**
 * Everything that may be written on `cwmp.json`: the params and the result of each RPC, the error of a fault, and whole
 * tokens in either direction. What is read is not held to it: members that nobody knows are passed over [LIGHT 3].
 */
export function publishedSchemas(): readonly PublishedSchema[] {
  return [...tokens(), published("fault", FAULT), ...policies(), ...messages("device"), ...messages("acs")];
}

/** What is published of a policy, and what devices say of it [LIGHT 6]. */
function policies(): readonly PublishedSchema[] {
  const said = { title: "What a device says of a policy", description: "The Data of its PublishResult." };
  return [
    published("policy", {
      title: "A policy",
      description: "The Data of a Publish: what a device is to hold, whole or not at all.",
      ...structSchema(policyPublications.policy, "asked"),
    }),
    published("policy-withdrawn", {
      title: "A policy that is withdrawn",
      description: "The Data of a Publish: values stay, and the next policy in priority applies.",
      ...structSchema(policyPublications["policy-withdrawn"], "asked"),
    }),
    published("policy-answer", { ...said, ...structSchema(policyAnswer, "written") }),
  ];
}

function messages(answerer: Role): readonly PublishedSchema[] {
  const form = answerer === "device" ? "asked" : "written";
  return Object.entries(answered[answerer]).flatMap(([method, definition]) => {
    const { request, answer } = definition;
    const isPositional = answerer === "device" && method === "GetParameterValues";
    return [
      published(`${answerer}/${method}.request`, {
        title: `${method}, asked of ${named(answerer)}`,
        description: `The params. ${rules(definition)}`,
        ...(isPositional ? withShape(request) : structSchema(request, form)),
      }),
      published(`${answerer}/${method}.answer`, {
        title: `${method}, answered by ${named(answerer)}`,
        description: "The result.",
        ...(isPositional ? withPositions(answer) : structSchema(answer, "written")),
      }),
    ];
  });
}

function published(name: string, schema: JsonSchema): PublishedSchema {
  return { path: `${name}.json`, schema: { $schema: DRAFT, $id: idOf(name), ...schema } };
}

/** `device/Reboot.request` becomes `urn:heliograph:light-1:device:Reboot:request`. */
function idOf(name: string): string {
  return `${NAMESPACE}:${name.replaceAll(/[/.]/g, ":")}`;
}

function named(role: Role): string {
  return role === "acs" ? "the ACS" : "a device";
}

const RESENT: Readonly<Record<ResendRule, string>> = {
  freely: "It may be sent again where its answer was lost.",
  "unless-written": "It may be sent again where its answer was lost and nothing was written since.",
  never: "It is never sent again where its answer was lost.",
};

function rules({ since, resend }: RpcDefinition): string {
  return `CWMP ${since} and later. ${RESENT[resend]}`;
}

/** Values alone are an answer to full paths, for only these have an order [LIGHT 3]. */
function withShape(request: Fields): JsonSchema {
  return {
    ...structSchema({ ...request, Shape: optional(text(6, /^values$/)) }, "asked"),
    if: { required: ["Shape"] },
    then: { properties: { ParameterNames: { items: { pattern: "[^.]$" } } } },
  };
}

function withPositions(answer: Fields): JsonSchema {
  return {
    oneOf: [
      structSchema(answer, "written"),
      {
        title: "The answer to Shape values: in the order asked",
        type: "object",
        properties: { Values: { type: "array", items: valueSchema("written") } },
        required: ["Values"],
        additionalProperties: false,
      },
    ],
  };
}

const CODE_RANGES = [
  [8000, 8899],
  [9000, 9899],
  [-32700, -32600],
] as const;
const code = {
  type: "integer",
  anyOf: CODE_RANGES.map(([minimum, maximum]) => ({ minimum, maximum })),
};

const FAULT: JsonSchema = {
  title: "A fault",
  description: "The error of a token: a CWMP fault code, or one that JSON-RPC reserves.",
  type: "object",
  properties: {
    code,
    message: { type: "string" },
    data: {
      type: "object",
      properties: {
        SetParameterValuesFault: {
          type: "array",
          minItems: 1,
          items: {
            type: "object",
            properties: {
              ParameterName: { type: "string", maxLength: 256 },
              FaultCode: { type: "integer", minimum: 9000, maximum: 9899 },
              FaultString: { type: "string" },
            },
            required: ["ParameterName", "FaultCode", "FaultString"],
            additionalProperties: false,
          },
        },
      },
      required: ["SetParameterValuesFault"],
      additionalProperties: false,
    },
  },
  required: ["code", "message"],
  additionalProperties: false,
};

const JSON_RPC = { const: "2.0" };
const ID = { anyOf: [{ type: "string", maxLength: MAX_ID_CHARS }, { type: "integer" }] };

function tokens(): readonly PublishedSchema[] {
  return [
    published("token-to-device", token("device", "What the ACS sends to a device")),
    published("token-to-acs", token("acs", "What a device sends to the ACS")),
  ];
}

function token(reader: Role, title: string): JsonSchema {
  const requests = Object.entries(answered[reader]).map(([method, { request }]) => {
    const needsParams = Object.values(request).some(({ presence }) => presence === "required");
    return requestToken({ const: method }, { $ref: idOf(`${reader}/${method}.request`) }, needsParams);
  });
  const vendors = requestToken(
    { type: "string", maxLength: 64, pattern: VENDOR_METHOD.source },
    vendorSchema,
  );
  return {
    title,
    description: "One text message. The result is that of the RPC whose id the answer has.",
    oneOf: [...requests, vendors, ANSWER, REFUSAL],
  };
}

/** Without an id no answer is wanted. */
function requestToken(method: JsonSchema, params: JsonSchema, needsParams = false): JsonSchema {
  return {
    type: "object",
    properties: { jsonrpc: JSON_RPC, id: ID, method, params },
    required: ["jsonrpc", "method", ...(needsParams ? ["params"] : [])],
    additionalProperties: false,
  };
}

const ANSWER: JsonSchema = {
  type: "object",
  properties: { jsonrpc: JSON_RPC, id: ID, result: { type: "object" } },
  required: ["jsonrpc", "id", "result"],
  additionalProperties: false,
};

/** The id is null where that of the request could not be read. */
const REFUSAL: JsonSchema = {
  type: "object",
  properties: {
    jsonrpc: JSON_RPC,
    id: { anyOf: [...ID.anyOf, { type: "null" }] },
    error: { $ref: idOf("fault") },
  },
  required: ["jsonrpc", "id", "error"],
  additionalProperties: false,
};
