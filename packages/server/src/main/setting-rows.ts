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
    name: "roles",
    value: "cwmp,light,engine,api",
    default: "cwmp,light,engine,api",
    help: "what this process does; others than all need database-url, nats-url and secret-key",
  },
  {
    name: "data",
    value: "folder",
    default: "./data",
    help: "where the store, the keys and client.json are kept",
  },
  {
    name: "database-url",
    value: "postgres://…",
    help: "the store in PostgreSQL, instead of a file in data; off this machine only with sslmode=verify-full",
  },
  {
    name: "nats-url",
    value: "nats://…",
    help: "the bus by NATS, instead of in this process alone; off this machine only with tls:// and a user",
  },
  {
    name: "otlp-url",
    value: "http://…",
    help: "where spans are sent by OTLP/HTTP (OpenTelemetry), usually http://127.0.0.1:4318; nowhere unless it is set",
  },
  {
    name: "otlp-sampling",
    value: "share",
    default: "0.01",
    help: "how many traces are recorded where nobody says before, from 0 to 1; only with otlp-url",
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
  {
    name: "health",
    value: "host:port",
    default: "127.0.0.1:8081",
    help: "where a process without the role api says how it is: /healthz, /readyz, /metrics",
  },
  { name: "public-url", value: "url", help: "the ACS URL that devices are told; needed behind a proxy" },
  {
    name: "light-url",
    value: "url",
    help: "the URL of the light transport that devices are told, instead of /light beside the ACS",
  },
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
    name: "webhook-networks",
    value: "cidr,…",
    help: "networks into which webhooks may lead besides public addresses, such as 127.0.0.0/8",
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
  { name: "files-total", value: "MiB", default: "10240", help: "how much all files together may have" },
  { name: "files-each", value: "MiB", default: "512", help: "how much a file for devices may have" },
  { name: "files-upload", value: "MiB", default: "64", help: "how much a file that a device sends may have" },
  { name: "files-count", value: "number", default: "10000", help: "how many files there may be" },
  {
    name: "files-keep-free",
    value: "MiB",
    default: "256",
    help: "how much of the disk files leave free, so that the store has room",
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
