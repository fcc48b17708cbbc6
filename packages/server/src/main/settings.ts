/** One setting: a flag `--name`, an environment variable `HELIOGRAPH_NAME`, and a key in the config file, all of one name. */
export interface SettingRow {
  readonly name: SettingName;
  /** What stands after the flag in the help; none for a switch. */
  readonly value?: string;
  readonly default?: string;
  readonly help: string;
}

export const settingRows = [
  {
    name: "data",
    value: "folder",
    default: "./data",
    help: "where the store, the keys and client.json are kept",
  },
  {
    name: "southbound",
    value: "host:port",
    default: "[::]:7547",
    help: "where devices connect (CWMP over HTTP, the light transport at /light)",
  },
  {
    name: "southbound-tls",
    value: "host:port",
    default: "[::]:7548",
    help: "where devices connect with TLS, once there is a certificate",
  },
  {
    name: "tls-cert",
    value: "file.pem",
    help: "the certificate of southbound-tls, with those that lead to its root; read again when it changes",
  },
  { name: "tls-key", value: "file.pem", help: "the private key of the certificate" },
  {
    name: "tls-client-ca",
    value: "file.pem",
    help: "authorities that sign devices' certificates: a device with one needs no password and no approval",
  },
  { name: "allow-old-tls", help: "take TLS 1.0 and 1.1, too, for old devices; neither is safe any more" },
  {
    name: "stomp",
    value: "host:port",
    help: "where devices speak STOMP by TCP alone; nowhere unless it is set, and off loopback only with insecure",
  },
  {
    name: "stomp-tls",
    value: "host:port",
    help: "where devices speak STOMP by TLS, with the certificate of southbound-tls; nowhere unless it is set",
  },
  {
    name: "stun",
    value: "host:port",
    help: "where devices behind a NAT ask by STUN and are called by UDP, usually [::]:3478; nowhere unless it is set",
  },
  {
    name: "stun-user",
    value: "name",
    help: "STUNUsername of all devices, with stun-password; without both, Binding Requests need no proof",
  },
  { name: "stun-password", value: "password", help: "STUNPassword of all devices" },
  {
    name: "udp-notifications",
    value: "host:port",
    help: "where lightweight notifications are taken for hints, usually [::]:7547; nowhere unless it is set",
  },
  {
    name: "northbound",
    value: "host:port",
    default: "127.0.0.1:8080",
    help: "where managers connect (REST)",
  },
  { name: "public-url", value: "url", help: "the ACS URL that devices are told; needed behind a proxy" },
  {
    name: "admin-token",
    value: "token",
    help: "an API token with every right, instead of the one in client.json",
  },
  {
    name: "secret-key",
    value: "64 hex digits",
    help: "seals device credentials, instead of <data>/secret.key",
  },
  {
    name: "open-enrolment",
    value: "none|loopback|all",
    default: "loopback",
    help: "which devices may enrol themselves without a secret and without approval; all: anybody can become any of them",
  },
  {
    name: "device-user",
    value: "name",
    default: "device",
    help: "user name of the shared first-contact secret",
  },
  {
    name: "device-password",
    value: "password",
    help: "the shared first-contact secret; made at first start otherwise",
  },
  {
    name: "connection-request-networks",
    value: "cidr,…",
    help: "networks into which connection requests may go besides the address a device informs from",
  },
  {
    name: "northbound-names",
    value: "name,…",
    help: "further host names under which managers may call the northbound",
  },
  {
    name: "call-timeout",
    value: "seconds",
    default: "60",
    help: "how long a device may take to answer an RPC over a light connection",
  },
  {
    name: "transfer-timeout",
    value: "seconds",
    default: "3600",
    help: "how long a device that accepted a file transfer may take to say what came of it",
  },
  {
    name: "light-grace",
    value: "seconds",
    default: "30",
    help: "how long a device that was referred to the light transport may take to attach before it is served without",
  },
  {
    name: "allow-plain-light",
    help: "refer devices to the light transport without TLS all the same; who listens in can then pass for them",
  },
  { name: "behind-proxy", help: "a proxy in front ends TLS and is trusted to say where a request came from" },
  { name: "insecure", help: "run off loopback without TLS all the same" },
] as const satisfies readonly (Omit<SettingRow, "name"> & { readonly name: string })[];

export type SettingName = (typeof settingRows)[number]["name"];

/** Where the settings stand, strongest first: flags, environment, config file, defaults. */
export interface SettingSources {
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The parsed config file. */
  readonly file: Readonly<Record<string, unknown>>;
}

export interface Settings {
  readonly data: string;
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
  readonly publicUrl?: string;
  readonly adminToken?: string;
  readonly secretKey?: string;
  readonly openEnrolment: OpenEnrolment;
  readonly deviceUser: string;
  readonly devicePassword?: string;
  readonly connectionRequestNetworks: readonly string[];
  readonly northboundNames: readonly string[];
  readonly allowPlainLight: boolean;
  readonly lightGraceSeconds: number;
  readonly callTimeoutSeconds: number;
  readonly transferTimeoutSeconds: number;
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
    tls: tls(sources),
    stomp: optionalListener("stomp", get("stomp")),
    stompTls: optionalListener("stomp-tls", get("stomp-tls")),
    stun: stun(get),
    udpNotifications: optionalListener("udp-notifications", get("udp-notifications")),
    publicUrl: url("public-url", get("public-url")),
    adminToken: token(get("admin-token")),
    secretKey: secretKey(get("secret-key")),
    devicePassword: get("device-password"),
  };
  const settings: Settings = {
    data: get("data") ?? "",
    southbound: listener("southbound", get("southbound")),
    northbound: listener("northbound", get("northbound")),
    openEnrolment: openEnrolment(get("open-enrolment")),
    deviceUser: get("device-user") ?? "",
    connectionRequestNetworks: list(get("connection-request-networks")),
    northboundNames: list(get("northbound-names")),
    allowPlainLight: isOn("allow-plain-light", get("allow-plain-light")),
    callTimeoutSeconds: seconds("call-timeout", get("call-timeout")),
    transferTimeoutSeconds: seconds("transfer-timeout", get("transfer-timeout")),
    lightGraceSeconds: seconds("light-grace", get("light-grace")),
    behindProxy: isOn("behind-proxy", get("behind-proxy")),
    insecure: isOn("insecure", get("insecure")),
    ...given(optional),
  };
  refuseOpenNorthbound(settings);
  refuseOpenStomp(settings);
  return settings;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** `host:port` as it stands in a URL. */
export function authority({ host, port }: Listener): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function refuseOpenNorthbound({ northbound, behindProxy, insecure }: Settings): void {
  if (isLoopback(northbound.host) || behindProxy || insecure) return;
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

function list(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
