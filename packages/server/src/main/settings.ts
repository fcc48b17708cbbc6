import type { FileLimits } from "../store/files/disk-files.ts";
import { readNatsUrl, type NatsSettings } from "./nats-url.ts";
import { isPrivate, readDatabaseUrl, type DatabaseSettings } from "./database-url.ts";
import { isWhole, readRoles, type Role } from "./roles.ts";
import { settingRows, type SettingName, type SettingRow } from "./setting-rows.ts";
import { readSpanSettings, type SpanSettings } from "./span-settings.ts";

export { settingRows, type SettingName, type SettingRow } from "./setting-rows.ts";

/** Where the settings stand, strongest first: flags, environment, config file, defaults. */
export interface SettingSources {
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The parsed config file. */
  readonly file: Readonly<Record<string, unknown>>;
}

export interface Settings {
  /** What this process does; at least one. */
  readonly roles: readonly Role[];
  readonly data: string;
  /** Left out, the store is a file in the data folder. */
  readonly database?: DatabaseSettings;
  /** Left out, the bus is this process's own. */
  readonly nats?: NatsSettings;
  /** Left out, no spans are taken. */
  readonly spans?: SpanSettings;
  readonly southbound: Listener;
  /** The listener with TLS; left out where there is no certificate. */
  readonly tls?: TlsSettings;
  /** STOMP without a WebSocket; left out, nowhere. */
  readonly stomp?: Listener;
  /** Only where there is a certificate. */
  readonly stompTls?: Listener;
  /** Left out, devices behind NATs are not called. */
  readonly stun?: StunSettings;
  /** Left out, lightweight notifications are not heard. */
  readonly udpNotifications?: Listener;
  readonly northbound: Listener;
  /** Where a process without the role `api` says how it is. */
  readonly health: Listener;
  readonly publicUrl?: string;
  /** Where devices find the light transport; left out, beside the ACS. */
  readonly lightUrl?: string;
  readonly adminToken?: string;
  readonly secretKey?: string;
  readonly openEnrolment: OpenEnrolment;
  readonly deviceUser: string;
  readonly devicePassword?: string;
  readonly connectionRequestNetworks: readonly string[];
  readonly webhookNetworks: readonly string[];
  readonly northboundNames: readonly string[];
  readonly allowPlainLight: boolean;
  readonly lightGraceSeconds: number;
  readonly callTimeoutSeconds: number;
  readonly transferTimeoutSeconds: number;
  readonly files: FileLimits;
  readonly behindProxy: boolean;
  readonly insecure: boolean;
}

export interface TlsSettings {
  readonly listener: Listener;
  /** Paths of PEM files. */
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string;
  readonly allowOld: boolean;
}

export interface StunSettings {
  readonly listener: Listener;
  /** What Binding Requests are signed with; left out, they need no proof. */
  readonly login?: { readonly username: string; readonly password: string };
}

export type OpenEnrolment = "none" | "loopback" | "all";

export interface Listener {
  readonly host: string;
  readonly port: number;
}

/** A setting that cannot be used; the message says which and what to write instead. */
export class SettingError extends Error {
  override readonly name = "SettingError";
  readonly code = "E_SETTING";
}

/** Reads all settings. Throws {@link SettingError} for the first that cannot be used, and for unknown keys of the file. */
export function readSettings(sources: SettingSources): Settings {
  const names: readonly string[] = settingRows.map((row) => row.name);
  const strange = Object.keys(sources.file).find((key) => !names.includes(key));
  if (strange !== undefined) {
    throw new SettingError(
      `the config file has an unknown key "${strange}"; the keys are ${names.join(", ")}`,
    );
  }
  const get = (name: SettingName): string | undefined => textOf(name, sources);
  const optional = {
    database: database(get("database-url")),
    nats: nats(get("nats-url")),
    spans: spans(get("otlp-url"), get("otlp-sampling")),
    tls: tls(sources),
    stomp: optionalListener("stomp", get("stomp")),
    stompTls: optionalListener("stomp-tls", get("stomp-tls")),
    stun: stun(get),
    udpNotifications: optionalListener("udp-notifications", get("udp-notifications")),
    publicUrl: url("public-url", get("public-url")),
    lightUrl: lightUrl(get("light-url")),
    adminToken: token(get("admin-token")),
    secretKey: secretKey(get("secret-key")),
    devicePassword: get("device-password"),
  };
  const settings: Settings = {
    roles: roles(get("roles")),
    data: get("data") ?? "",
    southbound: listener("southbound", get("southbound")),
    northbound: listener("northbound", get("northbound")),
    health: listener("health", get("health")),
    openEnrolment: openEnrolment(get("open-enrolment")),
    deviceUser: get("device-user") ?? "",
    connectionRequestNetworks: list(get("connection-request-networks")),
    webhookNetworks: list(get("webhook-networks")),
    northboundNames: list(get("northbound-names")),
    allowPlainLight: isOn("allow-plain-light", get("allow-plain-light")),
    callTimeoutSeconds: seconds("call-timeout", get("call-timeout")),
    transferTimeoutSeconds: seconds("transfer-timeout", get("transfer-timeout")),
    files: fileLimits(get),
    lightGraceSeconds: seconds("light-grace", get("light-grace")),
    behindProxy: isOn("behind-proxy", get("behind-proxy")),
    insecure: isOn("insecure", get("insecure")),
    ...given(optional),
  };
  refuseOpenDatabase(settings);
  refuseOpenBus(settings);
  refuseOpenNorthbound(settings);
  refuseOpenStomp(settings);
  refuseLonelyRoles(settings);
  return settings;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** `host:port` as it stands in a URL. */
export function authority({ host, port }: Listener): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Any address is not an address one can call: on this machine, loopback is. */
export function reachable({ host, port }: Listener): Listener {
  return { host: host === "::" || host === "0.0.0.0" ? "127.0.0.1" : host, port };
}

/** Whoever listens in reads all that is known of all devices. */
function refuseOpenDatabase({ database, insecure }: Settings): void {
  if (database === undefined || isPrivate(database, isLoopback) || insecure) return;
  throw new SettingError(
    `database-url goes to ${database.host} without TLS: say sslmode=verify-full in it, or say insecure`,
  );
}

/** Whoever is on the bus commands all devices. */
function refuseOpenBus({ nats, insecure }: Settings): void {
  if (nats === undefined || isLoopback(nats.host) || insecure) return;
  if (nats.tls === undefined) {
    throw new SettingError(
      `nats-url goes to ${nats.host} without TLS: begin it with tls://, or say insecure`,
    );
  }
  if (nats.login === undefined) {
    throw new SettingError(
      `nats-url goes to ${nats.host} without a user and a password: put them before the host, or say insecure`,
    );
  }
}

function refuseOpenNorthbound({ roles, northbound, behindProxy, insecure }: Settings): void {
  if (!roles.includes("api") || isLoopback(northbound.host) || behindProxy || insecure) return;
  throw new SettingError(
    `northbound ${authority(northbound)} is off loopback and without TLS: put a proxy with TLS in front and set behind-proxy, or say insecure`,
  );
}

/** What a proxy in front would say of its clients stands in HTTP's headers: here there are none. */
function refuseOpenStomp({ stomp, stompTls, tls, insecure }: Settings): void {
  if (stompTls !== undefined && tls === undefined) {
    throw new SettingError("stomp-tls is of no use without tls-cert and tls-key: name the PEM file");
  }
  if (stomp === undefined || isLoopback(stomp.host) || insecure) return;
  throw new SettingError(
    `stomp ${authority(stomp)} is off loopback and without TLS: set stomp-tls instead, or say insecure`,
  );
}

/** Roles that run apart meet in the store and on the bus, and read what the others sealed. */
function refuseLonelyRoles({ roles, database, nats, secretKey, publicUrl, lightUrl }: Settings): void {
  if (isWhole(roles)) return;
  const missing = [
    ...(database === undefined ? ["database-url"] : []),
    ...(nats === undefined ? ["nats-url"] : []),
    ...(secretKey === undefined ? ["secret-key"] : []),
  ];
  if (missing.length > 0) {
    throw new SettingError(
      `roles ${roles.join(",")} need ${missing.join(" and ")}, the same in all processes: they meet there`,
    );
  }
  if (roles.includes("engine") && !roles.includes("cwmp") && publicUrl === undefined) {
    throw new SettingError(
      "roles with engine and without cwmp need public-url: devices are told that files are there",
    );
  }
  if (roles.includes("cwmp") && !roles.includes("light") && (publicUrl ?? lightUrl) === undefined) {
    throw new SettingError(
      "roles with cwmp and without light need light-url or public-url: devices are told that the light transport is there",
    );
  }
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** The members that are there. */
function given<T extends Readonly<Record<string, unknown>>>(members: T): Given<T>;
function given(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function textOf(name: SettingName, sources: SettingSources): string | undefined {
  const row: SettingRow | undefined = settingRows.find((candidate) => candidate.name === name);
  return writtenOf(name, sources) ?? row?.default;
}

/** What somebody wrote; undefined where nobody did. */
function writtenOf(name: SettingName, { flags, environment, file }: SettingSources): string | undefined {
  const set =
    flags[name] ?? environment[`HELIOGRAPH_${name.replaceAll("-", "_").toUpperCase()}`] ?? file[name];
  if (set === undefined || set === null) return undefined;
  if (typeof set === "string" || typeof set === "boolean" || typeof set === "number") return String(set);
  throw new SettingError(`${name} must be text, a number or true/false`);
}

/** Undefined where nobody wants TLS. */
function tls(sources: SettingSources): TlsSettings | undefined {
  const [cert, key] = [textOf("tls-cert", sources), textOf("tls-key", sources)];
  if (cert !== undefined && key !== undefined) {
    const clientCa = textOf("tls-client-ca", sources);
    const allowOld = isOn("allow-old-tls", textOf("allow-old-tls", sources));
    const files = { cert, key, allowOld, ...given({ clientCa }) };
    return { listener: listener("southbound-tls", textOf("southbound-tls", sources)), ...files };
  }
  const names = ["tls-cert", "tls-key", "southbound-tls", "tls-client-ca"] as const;
  const written = names.find((name) => writtenOf(name, sources) !== undefined);
  if (written === undefined) return undefined;
  const missing = [...(cert === undefined ? ["tls-cert"] : []), ...(key === undefined ? ["tls-key"] : [])];
  throw new SettingError(`${written} is of no use without ${missing.join(" and ")}: name the PEM file`);
}

function listener(name: SettingName, text: string | undefined): Listener {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text ?? "") ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || port === undefined || Number(port) > 65_535) {
    throw new SettingError(
      `${name} must be host:port, such as 127.0.0.1:8080 or [::]:7547; it is "${text ?? ""}"`,
    );
  }
  return { host: host === "" ? "::" : host, port: Number(port) };
}

function optionalListener(name: SettingName, text: string | undefined): Listener | undefined {
  return text === undefined ? undefined : listener(name, text);
}

/** Undefined where nobody wants it. */
function stun(get: (name: SettingName) => string | undefined): StunSettings | undefined {
  const listener = optionalListener("stun", get("stun"));
  const [username, password] = [get("stun-user"), get("stun-password")];
  if ((username === undefined) !== (password === undefined)) {
    throw new SettingError(
      "stun-user and stun-password are of no use without each other: say both or neither",
    );
  }
  if (listener === undefined) {
    if (username !== undefined)
      throw new SettingError("stun-user is of no use without stun: say where it listens");
    return undefined;
  }
  return username === undefined || password === undefined
    ? { listener }
    : { listener, login: { username, password } };
}

function openEnrolment(text: string | undefined): OpenEnrolment {
  if (text === "none" || text === "loopback" || text === "all") return text;
  throw new SettingError(`open-enrolment must be none, loopback or all; it is "${text ?? ""}"`);
}

function url(name: SettingName, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const parsed = URL.parse(text);
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) return parsed.href;
  throw new SettingError(`${name} must be an http or https URL; it is "${text}"`);
}

function lightUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const parsed = URL.parse(text);
  if (parsed !== null && /^wss?:$/.test(parsed.protocol)) return parsed.href;
  throw new SettingError(
    `light-url must be a wss or ws URL, such as wss://acs.example/light; it is "${text}"`,
  );
}

function roles(text: string | undefined): readonly Role[] {
  const read = readRoles(list(text));
  if (read.ok) return read.roles;
  throw new SettingError(`roles ${read.problem}`);
}

function database(text: string | undefined): DatabaseSettings | undefined {
  if (text === undefined) return undefined;
  const url = readDatabaseUrl(text);
  if (url.ok) return url.settings;
  throw new SettingError(`database-url ${url.problem}`);
}

function nats(text: string | undefined): NatsSettings | undefined {
  if (text === undefined) return undefined;
  const url = readNatsUrl(text);
  if (url.ok) return url.settings;
  throw new SettingError(`nats-url ${url.problem}`);
}

function spans(url: string | undefined, share = ""): SpanSettings | undefined {
  if (url === undefined) return undefined;
  const read = readSpanSettings(url, share);
  if (read.ok) return read.settings;
  throw new SettingError(read.problem);
}

function token(text: string | undefined): string | undefined {
  if (text === undefined || text.length >= 16) return text;
  throw new SettingError("admin-token must have at least 16 characters");
}

function secretKey(text: string | undefined): string | undefined {
  if (text === undefined || /^[0-9a-fA-F]{64}$/.test(text)) return text;
  throw new SettingError("secret-key must be 64 hexadecimal digits, as `openssl rand -hex 32` makes them");
}

function isOn(name: SettingName, text: string | undefined): boolean {
  if (text === undefined || text === "false" || text === "0" || text === "") return false;
  if (text === "true" || text === "1") return true;
  throw new SettingError(`${name} is a switch: true or false; it is "${text}"`);
}

/** An hour is long enough for any device to attach, or to answer. */
const MAX_SECONDS = 3600;

function seconds(name: SettingName, text: string | undefined): number {
  const number = Number(text);
  if (/^\d+$/.test(text ?? "") && number >= 1 && number <= MAX_SECONDS) return number;
  throw new SettingError(`${name} must be 1 to ${MAX_SECONDS} seconds; it is "${text ?? ""}"`);
}

/** A number of files is read as one of mebibytes is. */
const MAX_MEBIBYTES = 2 ** 30;
const MEBIBYTE = 2 ** 20;

function fileLimits(get: (name: SettingName) => string | undefined): FileLimits {
  const number = (name: SettingName, least: number): number => {
    const text = get(name) ?? "";
    if (/^\d{1,10}$/.test(text) && Number(text) >= least && Number(text) <= MAX_MEBIBYTES)
      return Number(text);
    throw new SettingError(`${name} must be a whole number from ${least} on; it is "${text}"`);
  };
  return {
    maxTotalBytes: number("files-total", 1) * MEBIBYTE,
    maxFileBytes: number("files-each", 1) * MEBIBYTE,
    maxUploadBytes: number("files-upload", 1) * MEBIBYTE,
    maxFiles: number("files-count", 1),
    keepFreeBytes: number("files-keep-free", 0) * MEBIBYTE,
  };
}

function list(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
