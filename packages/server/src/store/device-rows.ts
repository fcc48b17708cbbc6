import type { DeviceKey } from "@heliograph/protocol";
import type {
  Approval,
  Circle,
  ConnectionId,
  CredentialsState,
  DeviceClaim,
  DeviceConnection,
  DeviceCredentials,
  DeviceFacts,
  DeviceLogin,
  DeviceRecord,
  DeviceStyle,
  EngineId,
  EnrolledBy,
  GatewayId,
  KnownQuirks,
  LightStanding,
  OpenedDevice,
  Pair,
  Reachable,
  Strain,
  WakeOutcome,
  WakeStatus,
} from "../ports/index.ts";
import { listed, type Database } from "./database.ts";
import { readDocument, type Document } from "./document.ts";
import { GROUPED } from "./groups/needed-facts.ts";
import { choice, flag, integer, optionalInteger, optionalText, present, text, type Row } from "./row.ts";

const approvals: readonly Approval[] = ["waiting", "approved", "rejected"];
const enrolments: readonly EnrolledBy[] = ["certificate", "open-enrolment", "first-contact"];
const credentialsStates: readonly CredentialsState[] = ["none", "staged", "confirmed", "refused", "rotating"];
const transports: readonly DeviceConnection["transport"][] = ["classic", "light"];

export function findDevicesAmong(db: Database, keys: readonly DeviceKey[]): readonly DeviceRecord[] {
  if (keys.length === 0) return [];
  const { names, values } = listed("key", keys);
  return db.all(`SELECT * FROM devices WHERE key IN (${names}) ORDER BY key`, values).map(deviceOf);
}

export function findDevice(db: Database, key: DeviceKey): DeviceRecord | undefined {
  const row = db.get("SELECT * FROM devices WHERE key = :key", { key });
  return row === undefined ? undefined : deviceOf(row);
}

/** The device, which a change has just shown to be there. */
export function knownDevice(db: Database, key: DeviceKey): DeviceRecord {
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
    facts: factsOf(row),
    style: styleOf(row),
    connection: connectionOf(row),
    generation: integer(row, "generation"),
    wake: wakeOf(row),
    credentials: choice(row, "credentials", credentialsStates),
    claim: claimOf(row),
    credentialVersion: integer(row, "credential_version"),
    light: standingOf(row),
    quirks: quirksOf(row),
    strain: strainOf(row),
    circle: circleOf(row),
    tags: tagsOf(row),
  });
}

const KNOWN = `
  devices.key, approval, credential_version, quirks, root, software_version, hardware_version, connection_request_url,
  claim_at, claim_last_at, claim_address, claim_count, claim_approved_at`;

/** Every session begins with this: it reads no more than it needs. */
export function findLogin(db: Database, key: DeviceKey): DeviceLogin | undefined {
  const row = db.get(
    `SELECT ${KNOWN}, confirmed, staged
     FROM devices LEFT JOIN credentials ON credentials.device = devices.key WHERE devices.key = :key`,
    { key },
  );
  if (row === undefined) return undefined;
  const device = present({
    key: text(row, "key") as DeviceKey,
    approval: choice(row, "approval", approvals),
    credentialVersion: integer(row, "credential_version"),
    claim: claimOf(row),
    quirks: quirksOf(row),
    facts: factsOf(row),
  });
  return { device, credentials: credentialsOf(row) };
}

export function findCredentials(db: Database, device: DeviceKey): DeviceCredentials | undefined {
  const row = db.get("SELECT confirmed, staged FROM credentials WHERE device = :device", { device });
  return row === undefined ? undefined : credentialsOf(row);
}

/** What {@link openedOf} reads, {@link searchTextOf}, and whoever asks whether the Inform told anything new. */
export const OPENED = `
  key, generation, credential_version, credentials, root, software_version, hardware_version, connection_request_url,
  light_subprotocol, light_lapsed, wake_attempts, wake_last, wake_next_at, strain, manufacturer, address, tags, search,
  connection_id, connection_transport, connection_closed, ${GROUPED}`;

/** Each session ends up here: so the columns are read one by one, and no more of them than it takes. */
export function openedOf(row: Row): OpenedDevice {
  const light = standingOf(row);
  const strain = strainOf(row);
  return {
    key: text(row, "key") as DeviceKey,
    generation: integer(row, "generation"),
    credentialVersion: integer(row, "credential_version"),
    credentials: choice(row, "credentials", credentialsStates),
    facts: factsOf(row),
    wake: wakeOf(row),
    ...(light === undefined ? {} : { light }),
    ...(strain === undefined ? {} : { strain }),
  };
}

export function openedPart(device: DeviceRecord): OpenedDevice {
  const { key, generation, credentialVersion, credentials, facts, wake, light, strain } = device;
  return present({ key, generation, credentialVersion, credentials, facts, wake, light, strain });
}

/** The version after the one in `column`, as SQL: `:at`, unless the clock is behind. */
export function laterVersion(column: string): string {
  return `CASE WHEN :at > ${column} THEN :at ELSE ${column} + 1 END`;
}

/** Whether the pair is the device's: nobody opened a connection or took it over since. */
export function holds(device: DeviceRecord, pair: Pair): boolean {
  return device.connection?.id === pair.connection && device.generation === pair.generation;
}

/** What a search for words looks through, in lower case: no part of a line can match across two. */
export function searchText(device: Omit<DeviceRecord, "connection">): string {
  const { key, deviceId, facts, address, tags } = device;
  return searchLines([key, deviceId.Manufacturer, facts.softwareVersion ?? "", address, ...tags]);
}

export function searchTextOf(row: Row): string {
  const software = optionalText(row, "software_version") ?? "";
  return searchLines([
    text(row, "key"),
    text(row, "manufacturer"),
    software,
    text(row, "address"),
    ...tagsOf(row),
  ]);
}

function searchLines(lines: readonly string[]): string {
  return lines.join("\n").toLowerCase();
}

function tagsOf(row: Row): readonly string[] {
  return readDocument(text(row, "tags") as Document<readonly string[]>);
}

function factsOf(row: Row): DeviceFacts {
  return present({
    root: optionalText(row, "root"),
    softwareVersion: optionalText(row, "software_version"),
    hardwareVersion: optionalText(row, "hardware_version"),
    connectionRequestUrl: optionalText(row, "connection_request_url"),
  });
}

function wakeOf(row: Row): WakeStatus {
  return present({
    attempts: integer(row, "wake_attempts"),
    last: lastWakeOf(row),
    nextAt: optionalInteger(row, "wake_next_at"),
  });
}

function credentialsOf(row: Row): DeviceCredentials {
  return present({ confirmed: optionalText(row, "confirmed"), staged: optionalText(row, "staged") });
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

function strainOf(row: Row): Strain | undefined {
  const document = optionalText(row, "strain");
  return document === undefined ? undefined : readDocument(document as Document<Strain>);
}

function circleOf(row: Row): Circle | undefined {
  const document = optionalText(row, "circle");
  return document === undefined ? undefined : readDocument(document as Document<Circle>);
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

/** Of a row, what says whether its device can be reached. */
export function reachableOf(row: Row): Reachable {
  const transport = choice(row, "connection_transport", transports);
  const connection = { transport, closed: flag(row, "connection_closed") };
  const isKnown = optionalText(row, "connection_id") !== undefined;
  return { facts: factsOf(row), wake: wakeOf(row), ...(isKnown ? { connection } : {}) };
}

function lastWakeOf(row: Row): WakeOutcome | undefined {
  const document = optionalText(row, "wake_last");
  return document === undefined ? undefined : readDocument(document as Document<WakeOutcome>);
}
