import type { JsonObject, JsonValue } from "../model/json.ts";
import type { Fields } from "../rpc/field.ts";
import { lightDeviceRpcs } from "../rpc/light.ts";
import { deviceRpcs, VENDOR_METHOD } from "../rpc/table.ts";
import { MAX_ID_CHARS } from "./message.ts";
import type { PublishedSchema } from "./published-schemas.ts";
import { structSchema, type JsonSchema } from "./schema.ts";

const DRAFT = "https://json-schema.org/draft/2020-12/schema";
const NAMESPACE = "urn:heliograph:light-1:manage";
const JSON_RPC = { const: "2.0" };
const ID = { anyOf: [{ type: "string", maxLength: MAX_ID_CHARS }, { type: "integer" }] };
const MAX_CALLS = 100;

/** Everything that is written on `manage.json`, by a manager and to one [LIGHT 7]. */
export function manageSchemas(): readonly PublishedSchema[] {
  return [
    published("to-acs", {
      title: "What a manager sends to the ACS",
      description: "One text message: a call, or several that are stored together.",
      oneOf: [...own, ...asked, { type: "array", minItems: 1, maxItems: MAX_CALLS, items: { oneOf: asked } }],
    }),
    published("to-manager", {
      title: "What the ACS sends to a manager",
      description: "One text message. The answers of a batch come as one array, in any order.",
      oneOf: [...answers, { type: "array", minItems: 1, items: { oneOf: answers } }, ...told],
    }),
  ];
}

function published(name: string, schema: JsonSchema): PublishedSchema {
  return { path: `manage/${name}.json`, schema: { $schema: DRAFT, $id: `${NAMESPACE}:${name}`, ...schema } };
}

/** Beside the params of every RPC. */
const TARGET = {
  Device: { type: "string", description: "The key of the device that is asked." },
  Expires: {
    anyOf: [
      { type: "integer", minimum: 1 },
      { type: "string", format: "date-time" },
    ],
    description: "When it is given up where the device did not come: seconds, or a time.",
  },
  IdempotencyKey: { type: "string", description: "Asked again with it, it is still one operation." },
};

const asked: readonly JsonSchema[] = [
  ...Object.entries(deviceRpcs).map(([method, { request }]) => call({ const: method }, targeted(request))),
  call(
    { type: "string", maxLength: 64, pattern: VENDOR_METHOD.source },
    { type: "object", properties: TARGET, required: ["Device"] },
  ),
];

function targeted(fields: Fields): JsonSchema {
  const { properties, required, ...schema } = structSchema(fields, "asked");
  return {
    ...schema,
    properties: { ...(isObject(properties) ? properties : {}), ...TARGET },
    required: ["Device", ...(isList(required) ? required : [])],
  };
}

function isObject(part: JsonValue | undefined): part is JsonObject {
  return typeof part === "object" && part !== null && !isList(part);
}

function isList(part: JsonValue | undefined): part is readonly JsonValue[] {
  return Array.isArray(part);
}

const CHANNEL = { type: "string", examples: ["public/fleet"] };
const PLACE = { Epoch: { type: "string" }, Offset: { type: "integer", minimum: 0 } };

/** Asked of the ACS itself: who one is, and what one wants to be told. */
const own: readonly JsonSchema[] = [
  call({ const: "Attach" }, closed({ Token: { type: "string" } }, []), ["id"]),
  call({ const: "Subscribe" }, closed({ Channel: CHANNEL, ...PLACE }, ["Channel"]), ["id"]),
  call({ const: "Unsubscribe" }, closed({ Channel: CHANNEL }, ["Channel"]), ["id"]),
  ...(["Observe", "Unobserve"] as const).map((method) =>
    call({ const: method }, ofDevice(lightDeviceRpcs[method].request), ["id"]),
  ),
];

function ofDevice(fields: Fields): JsonSchema {
  const { properties, required, ...schema } = structSchema(fields, "asked");
  return {
    ...schema,
    properties: { ...(isObject(properties) ? properties : {}), Device: TARGET.Device },
    required: ["Device", ...(isList(required) ? required : [])],
  };
}

/** Without an id no answer is wanted. */
function call(method: JsonSchema, params: JsonSchema, required: readonly string[] = []): JsonSchema {
  return closed({ jsonrpc: JSON_RPC, id: ID, method, params }, ["jsonrpc", "method", "params", ...required]);
}

function closed(properties: JsonSchema, required: readonly string[]): JsonSchema {
  return { type: "object", properties, required, additionalProperties: false };
}

const ERROR = closed(
  {
    code: {
      type: "integer",
      description:
        "A fault of CWMP, one of JSON-RPC's own, or -32000 where nothing was stored: then data.Problem says why.",
    },
    message: { type: "string" },
    data: closed(
      {
        SetParameterValuesFault: { type: "array", items: { type: "object" } },
        Operation: { type: "string", description: "The operation, as the REST API has it." },
        Status: {
          enum: ["expired", "cancelled", "outcome-unknown"],
          description: "How the operation ended without an answer of the device.",
        },
        Problem: { type: "object", description: "A problem document, as the REST API has them." },
      },
      [],
    ),
  },
  ["code", "message"],
);

const answers: readonly JsonSchema[] = [
  closed({ jsonrpc: JSON_RPC, id: ID, result: { type: "object" } }, ["jsonrpc", "id", "result"]),
  closed({ jsonrpc: JSON_RPC, id: { anyOf: [...ID.anyOf, { type: "null" }] }, error: ERROR }, [
    "jsonrpc",
    "id",
    "error",
  ]),
];

const VIEW = { Device: { type: "string" }, View: { type: "string" } };

/** What no answer is wanted to: of channels that are followed, and of devices that are observed. */
const told: readonly JsonSchema[] = [
  notification(
    "Publish",
    closed(
      {
        Channel: CHANNEL,
        ...PLACE,
        State: { const: true, description: "It stands for everything before it." },
        Data: { type: "object" },
      },
      ["Channel", "Epoch", "Offset", "Data"],
    ),
  ),
  notification(
    "Observing",
    closed(
      {
        ...VIEW,
        Way: { enum: ["observe", "read"], description: "The device tells by itself, or is read." },
        Interval: { type: "number", description: "Seconds; left out where only changes are told." },
        Path: { type: "string", description: "Where Detail concerns this alone of what is observed." },
        Detail: { type: "string", description: "Why nothing is seen now." },
      },
      ["Device", "View", "Way"],
    ),
  ),
  notification(
    "Observed",
    closed({ ...VIEW, Time: { type: "string", format: "date-time" }, ParameterList: { type: "object" } }, [
      "Device",
      "View",
      "Time",
      "ParameterList",
    ]),
  ),
];

function notification(method: string, params: JsonSchema): JsonSchema {
  return closed({ jsonrpc: JSON_RPC, method: { const: method }, params }, ["jsonrpc", "method", "params"]);
}
