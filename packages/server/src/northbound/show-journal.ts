import type { AuditEntry, DeviceEvent, Token } from "@heliograph/api";
import type { ApiToken, AuditRecord, EventRecord } from "../ports/index.ts";
import { present } from "./present.ts";
import { showTime, showOptionalTime } from "./show-time.ts";

export function showEvent(record: EventRecord): DeviceEvent {
  return { ...record, at: showTime(record.at) };
}

export function showAudit(record: AuditRecord): AuditEntry {
  return { ...record, at: showTime(record.at) };
}

export function showToken({ id, name, role, user, createdAt, expiresAt, revokedAt }: ApiToken): Token {
  return present({
    id,
    name,
    role,
    user,
    created: showTime(createdAt),
    expires: showOptionalTime(expiresAt),
    revoked: showOptionalTime(revokedAt),
  });
}
