import type { DeviceKey, JsonObject } from "@heliograph/protocol";
import type { AuditRecord, EventRecord, GrantId, OperationId } from "../ports/index.ts";
import { readDocument, type Document } from "./document.ts";
import { integer, optionalText, present, text, type Row } from "./row.ts";

export function eventOf(row: Row): EventRecord {
  const operation = optionalText(row, "operation");
  return present({
    id: integer(row, "id"),
    at: integer(row, "at"),
    device: text(row, "device") as DeviceKey,
    name: text(row, "name"),
    operation: operation === undefined ? undefined : (operation as OperationId),
    data: readDocument(text(row, "data") as Document<JsonObject>),
  });
}

export function auditOf(row: Row): AuditRecord {
  const device = optionalText(row, "device");
  const grant = optionalText(row, "grant_id");
  return present({
    id: integer(row, "id"),
    at: integer(row, "at"),
    manager: text(row, "manager"),
    action: text(row, "action"),
    device: device === undefined ? undefined : (device as DeviceKey),
    grant: grant === undefined ? undefined : (grant as GrantId),
    detail: readDocument(text(row, "detail") as Document<JsonObject>),
  });
}
