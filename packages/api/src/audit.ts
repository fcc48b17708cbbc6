import { Type } from "typebox";
import { DeviceKey, JsonObject, page, paging, Time, type Shape } from "./schema.ts";

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
  },
  { title: "AuditEntry", description: "Who changed what." },
);

export type AuditPage = Shape<typeof AuditPage>;
export const AuditPage = page("AuditPage", AuditEntry);

export type AuditQuery = Shape<typeof AuditQuery>;
export const AuditQuery = Type.Object(
  {
    ...paging,
    who: Type.Optional(Type.String({ maxLength: 128, description: "The manager." })),
    device: Type.Optional(DeviceKey),
    grant: Type.Optional(Type.String({ pattern: "^[0-9a-f]{16}$" })),
    act: Type.Optional(Type.String({ maxLength: 64, description: "The action." })),
    since: Type.Optional(Time),
    until: Type.Optional(Time),
  },
  { additionalProperties: false },
);
