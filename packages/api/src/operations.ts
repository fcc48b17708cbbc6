import { Type } from "typebox";
import { RefreshProgress, RefreshRequest } from "./refreshes.ts";
import { DeviceKey, JsonObject, OperationId, page, paging, Time, Wait, type Shape } from "./schema.ts";
import { Transfer } from "./transfers.ts";

export type OperationState = Shape<typeof OperationState>;
export const OperationState = Type.Enum(
  ["queued", "running", "transferring", "done", "faulted", "expired", "cancelled", "outcome-unknown"],
  {
    title: "OperationState",
    description:
      "`queued`, `running` and `transferring` go on; in the last the device has accepted to move a file, and is to say " +
      "what came of it. `outcome-unknown`: it was sent, its answer was lost, and nothing tells " +
      "whether the device did it.",
  },
);

export type Call = Shape<typeof Call>;
export const Call = Type.Object(
  {
    method: Type.String({
      minLength: 1,
      maxLength: 64,
      description: "An RPC of CWMP, or a vendor's `X_<OUI>_Name`.",
      examples: ["GetParameterValues"],
    }),
    params: Type.Optional(JsonObject),
  },
  {
    title: "Call",
    description:
      "One RPC. `params` has the names of the CWMP schema and its parameter lists grouped by object, as the light " +
      "transport's tokens have them; left out where the RPC takes none.",
    additionalProperties: false,
    examples: [{ method: "GetParameterValues", params: { ParameterNames: ["Device.DeviceInfo."] } }],
  },
);

export type Fault = Shape<typeof Fault>;
export const Fault = Type.Object(
  {
    code: Type.Integer({ description: "The CWMP fault code." }),
    message: Type.String(),
    data: Type.Optional(
      Type.Object({
        SetParameterValuesFault: Type.Array(
          Type.Object({
            ParameterName: Type.String(),
            FaultCode: Type.Integer(),
            FaultString: Type.String(),
          }),
        ),
      }),
    ),
  },
  { title: "Fault", description: "A device's refusal." },
);

export type CallOutcome = Shape<typeof CallOutcome>;
export const CallOutcome = Type.Union(
  [
    Type.Object({ result: JsonObject }, { additionalProperties: false }),
    Type.Object({ fault: Fault }, { additionalProperties: false }),
  ],
  { title: "CallOutcome" },
);

export type Operation = Shape<typeof Operation>;
export const Operation = Type.Object(
  {
    id: OperationId,
    device: DeviceKey,
    state: OperationState,
    rpcs: Type.Array(Call),
    result: Type.Optional(JsonObject),
    fault: Type.Optional(Fault),
    results: Type.Optional(
      Type.Array(CallOutcome, { description: "One for each RPC that ended, in order; a fault is the last." }),
    ),
    refresh: Type.Optional(RefreshProgress),
    transfer: Type.Optional(Transfer),
    automatic: Type.Optional(Type.String({ description: "What asked for it by itself." })),
    attempts: Type.Integer({ minimum: 0, description: "How often its current RPC was sent." }),
    created: Time,
    expires: Time,
    ended: Type.Optional(Time),
    reason: Type.Optional(Type.String({ description: "Why it ended as it did, where no outcome says so." })),
  },
  {
    title: "Operation",
    description:
      "What a manager asked for. An operation of one RPC answers with `result` or `fault`; one of several with `results`. " +
      "A refresh stands as one RPC called `Refresh`; what it read is among the device's parameters.",
  },
);

export type OperationPage = Shape<typeof OperationPage>;
export const OperationPage = page("OperationPage", Operation);

/** What every request for an operation takes besides. */
export const asking = {
  automatic: RefreshRequest.properties.automatic,
  wait: Type.Optional(Wait),
  expires: Type.Optional(
    Type.Union([Time, Type.Integer({ minimum: 1, maximum: 31_536_000 })], {
      description: "When an operation that did not start is given up: a time, or seconds from now.",
    }),
  ),
};

export type OperationRequest = Shape<typeof OperationRequest>;
export const OperationRequest = Type.Union(
  [
    Type.Object({ ...Call.properties, ...asking }, { additionalProperties: false }),
    Type.Object(
      {
        rpcs: Type.Array(Call, {
          minItems: 1,
          maxItems: 64,
          description: "Called one after the other, up to the first fault.",
        }),
        ...asking,
      },
      { additionalProperties: false },
    ),
  ],
  { title: "OperationRequest", description: "One RPC, or several in order." },
);

export type OperationQuery = Shape<typeof OperationQuery>;
export const OperationQuery = Type.Object(
  { device: Type.Optional(DeviceKey), state: Type.Optional(OperationState), ...paging },
  { additionalProperties: false },
);

export type DeviceOperationQuery = Shape<typeof DeviceOperationQuery>;
export const DeviceOperationQuery = Type.Object(
  { state: Type.Optional(OperationState), ...paging },
  { additionalProperties: false },
);

export const OperationPath = Type.Object({ id: OperationId });

export const OperationHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: "Asked again with the same key, the same operation is answered and nothing is done twice.",
    }),
  ),
});
