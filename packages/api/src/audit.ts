import { Type } from "typebox";
import { DeviceKey, JsonObject, page, paging, Time, type Shape } from "./schema.ts";

export type AuditEntry = Shape<typeof AuditEntry>;
export const AuditEntry = Type.Object(
  {
    id: Type.Integer(),
    at: Time,
    manager: Type.String({ description: "The name of the token that was used." }),
    action: Type.String({ examples: ["approve-device"] }),
    device: Type.Optional(DeviceKey),
    detail: JsonObject,
  },
  { title: "AuditEntry", description: "Who changed what." },
);

export type AuditPage = Shape<typeof AuditPage>;
export const AuditPage = page("AuditPage", AuditEntry);

export type AuditQuery = Shape<typeof AuditQuery>;
export const AuditQuery = Type.Object(paging, { additionalProperties: false });
