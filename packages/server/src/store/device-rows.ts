import type { DeviceKey } from "@heliograph/protocol";
import type {
  Approval,
  ConnectionId,
  CredentialsState,
  DeviceClaim,
  DeviceConnection,
  DeviceRecord,
  DeviceStyle,
  EngineId,
  EnrolledBy,
  GatewayId,
  KnownQuirks,
  LightStanding,
  Pair,
  WakeOutcome,
} from "../ports/index.ts";
import { readDocument, type Document } from "./document.ts";
import { choice, flag, integer, optionalInteger, optionalText, present, text, type Row } from "./row.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

const approvals: readonly Approval[] = ["waiting", "approved", "rejected"];
const enrolments: readonly EnrolledBy[] = ["open-enrolment", "first-contact"];
const credentialsStates: readonly CredentialsState[] = ["none", "staged", "confirmed", "refused", "rotating"];
const transports: readonly DeviceConnection["transport"][] = ["classic", "light"];

export function findDevice(db: SqliteDatabase, key: DeviceKey): DeviceRecord | undefined {
  const row = db.get("SELECT * FROM devices WHERE key = :key", { key });
  return row === undefined ? undefined : deviceOf(row);
}

/** The device, which a change has just shown to be there. */
export function knownDevice(db: SqliteDatabase, key: DeviceKey): DeviceRecord {
  const device = findDevice(db, key);
  if (device === undefined) throw new Error(`the device ${key} has gone`);
  return device;
}

export function deviceOf(row: Row): DeviceRecord {
  return present({
    key: text(row, "key") as DeviceKey,
    deviceId: {
      Manufacturer: text(row, "manufacturer"),
      OUI: text(row, "oui"),
      ProductClass: text(row, "product_class"),
      SerialNumber: text(row, "serial_number"),
    },
    approval: choice(row, "approval", approvals),
    enrolledAt: integer(row, "enrolled_at"),
    enrolledBy: choice(row, "enrolled_by", enrolments),
    address: text(row, "address"),
    lastInformAt: optionalInteger(row, "last_inform_at"),
    lastBootAt: optionalInteger(row, "last_boot_at"),
    lastBootstrapAt: optionalInteger(row, "last_bootstrap_at"),
    facts: present({
      root: optionalText(row, "root"),
      softwareVersion: optionalText(row, "software_version"),
      hardwareVersion: optionalText(row, "hardware_version"),
      connectionRequestUrl: optionalText(row, "connection_request_url"),
    }),
    style: styleOf(row),
    connection: connectionOf(row),
    generation: integer(row, "generation"),
    wake: present({
      attempts: integer(row, "wake_attempts"),
      last: lastWakeOf(row),
      nextAt: optionalInteger(row, "wake_next_at"),
    }),
    credentials: choice(row, "credentials", credentialsStates),
    claim: claimOf(row),
    credentialVersion: integer(row, "credential_version"),
    light: standingOf(row),
    quirks: quirksOf(row),
    tags: readDocument(text(row, "tags") as Document<readonly string[]>),
  });
}

/** Whether the pair is the device's: nobody opened a connection or took it over since. */
export function holds(device: DeviceRecord, pair: Pair): boolean {
  return device.connection?.id === pair.connection && device.generation === pair.generation;
}

/** What a search for words looks through, in lower case: no part of a line can match across two. */
export function searchText(device: Omit<DeviceRecord, "connection">): string {
  const { key, deviceId, facts, address, tags } = device;
  return [key, deviceId.Manufacturer, facts.softwareVersion ?? "", address, ...tags].join("\n").toLowerCase();
}

function styleOf(row: Row): DeviceStyle | undefined {
  const namespace = optionalText(row, "style_namespace");
  return namespace === undefined ? undefined : { namespace, declaration: flag(row, "style_declaration") };
}

function claimOf(row: Row): DeviceClaim | undefined {
  const at = optionalInteger(row, "claim_at");
  if (at === undefined) return undefined;
  return present({
    at,
    lastAt: integer(row, "claim_last_at"),
    address: text(row, "claim_address"),
    count: integer(row, "claim_count"),
    approvedAt: optionalInteger(row, "claim_approved_at"),
  });
}

function quirksOf(row: Row): KnownQuirks | undefined {
  const document = optionalText(row, "quirks");
  return document === undefined ? undefined : readDocument(document as Document<KnownQuirks>);
}

function standingOf(row: Row): LightStanding | undefined {
  const subprotocol = optionalText(row, "light_subprotocol");
  return subprotocol === undefined ? undefined : { subprotocol, lapsed: flag(row, "light_lapsed") };
}

function connectionOf(row: Row): DeviceConnection | undefined {
  const id = optionalText(row, "connection_id");
  if (id === undefined) return undefined;
  return {
    id: id as ConnectionId,
    transport: choice(row, "connection_transport", transports),
    gateway: text(row, "connection_gateway") as GatewayId,
    engine: text(row, "connection_engine") as EngineId,
    openedAt: integer(row, "connection_opened_at"),
    ...(flag(row, "connection_closed") ? { closed: true } : {}),
  };
}

function lastWakeOf(row: Row): WakeOutcome | undefined {
  const document = optionalText(row, "wake_last");
  return document === undefined ? undefined : readDocument(document as Document<WakeOutcome>);
}
