import { Type } from "typebox";
import { OperationState } from "./operations.ts";
import {
  DeviceKey,
  JsonObject,
  OperationId,
  page,
  paging,
  Time,
  type JsonValue,
  type Shape,
} from "./schema.ts";

export type AuditChange = Shape<typeof AuditChange>;
export const AuditChange = Type.Object(
  {
    path: Type.String(),
    before: Type.Optional(
      Type.Unsafe<JsonValue>({ description: "What was known; `null`: nothing. Left out of a secret." }),
    ),
    asked: Type.Optional(Type.Unsafe<JsonValue>({ description: "What it was to be." })),
    after: Type.Optional(Type.Unsafe<JsonValue>({ description: "Left out where nobody knows." })),
  },
  { title: "AuditChange" },
);

const AuditFault = Type.Object(
  { code: Type.Integer({ description: "The CWMP fault code." }), message: Type.String() },
  { title: "AuditFault" },
);

export type AuditEntry = Shape<typeof AuditEntry>;
export const AuditEntry = Type.Object(
  {
    id: Type.Integer(),
    at: Time,
    manager: Type.String({ description: "The name of the token that was used, or the user's." }),
    action: Type.String({ examples: ["approve-device"] }),
    device: Type.Optional(DeviceKey),
    grant: Type.Optional(Type.String({ description: "The id of the grant under which it was done." })),
    detail: JsonObject,
    operation: Type.Optional({ ...OperationId, description: "Of a call: what became of it is there, too." }),
    state: Type.Optional(OperationState),
    ended: Type.Optional(Time),
    faults: Type.Optional(Type.Array(AuditFault)),
    changes: Type.Optional(Type.Array(AuditChange)),
  },
  {
    title: "AuditEntry",
    description:
      "Who changed what. Of a call it says as well how its operation stands, and what there was before and after each value " +
      "that it wrote, as long as the operation is kept.",
  },
);

export type AuditPage = Shape<typeof AuditPage>;
export const AuditPage = page("AuditPage", AuditEntry);

export type AuditQuery = Shape<typeof AuditQuery>;
export const AuditQuery = Type.Object(
  {
    ...paging,
    manager: Type.Optional(
      Type.String({ maxLength: 128, description: "A token's name, a user's, or `grant:<id>`." }),
    ),
    device: Type.Optional(DeviceKey),
    grant: Type.Optional(Type.String({ pattern: "^[0-9a-f]{16}$" })),
    action: Type.Optional(Type.String({ maxLength: 64, examples: ["call"] })),
    since: Type.Optional(Time),
    until: Type.Optional(Time),
  },
  { additionalProperties: false },
);
