import type { DeviceKey } from "@heliograph/protocol";

/** What somebody may do, as data. Whatever is not in it is refused. */
export interface Rights {
  readonly devices: DeviceScope;
  /** RPCs by their names, of vendors' too. */
  readonly methods: Names;
  /** Prefixes of paths that may be read, and those that may be written; `""` is the whole data model. */
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly channels: Names;
  readonly acts: readonly Act[];
  /** Whether passwords and keys are shown where the ACS keeps them. */
  readonly secrets: "shown" | "hidden";
}

export type DeviceScope =
  | { readonly type: "every" }
  | { readonly type: "keys"; readonly keys: readonly DeviceKey[] }
  /** Those of which it is true whenever somebody asks; as it is printed. */
  | { readonly type: "expression"; readonly expression: string };

export type Names =
  { readonly type: "every" } | { readonly type: "names"; readonly names: readonly string[] };

/** What is done to the ACS rather than asked of a device. */
export const acts = [
  "admit-devices",
  "group-devices",
  "keep-channels",
  "keep-policies",
  "set-quirks",
  "keep-files",
  "run-campaigns",
  "trace",
  "read-audit",
  "give-grants",
  "give-tokens",
  "keep-users",
  "configure",
] as const;

export type Act = (typeof acts)[number];

/** Where a device keeps who manages it: written by whoever has it named, and nobody else [LIGHT 7]. */
export const MANAGEMENT_SERVERS = [
  "Device.ManagementServer.",
  "InternetGatewayDevice.ManagementServer.",
] as const;

/** Methods whose reach is the paths that they name; any other reaches further, and must be named [LIGHT 7]. */
export const READING_METHODS = ["GetParameterNames", "GetParameterValues", "GetParameterAttributes"] as const;
export const WRITING_METHODS = [
  "SetParameterValues",
  "SetParameterAttributes",
  "AddObject",
  "DeleteObject",
] as const;

const EVERYTHING = ["", ...MANAGEMENT_SERVERS];
const every = { type: "every" } as const;
const none = { type: "names", names: [] } as const;

/** Where devices keep the tests that they run on themselves. */
const DIAGNOSTICS = [
  "Device.IP.Diagnostics.",
  "Device.DNS.Diagnostics.",
  "Device.DSL.Diagnostics.",
  "Device.ATM.Diagnostics.",
  "Device.WiFi.NeighboringWiFiDiagnostic.",
  "Device.SelfTestDiagnostics.",
  "InternetGatewayDevice.IPPingDiagnostics.",
  "InternetGatewayDevice.TraceRouteDiagnostics.",
  "InternetGatewayDevice.DownloadDiagnostics.",
  "InternetGatewayDevice.UploadDiagnostics.",
  "InternetGatewayDevice.UDPEchoConfig.",
];

/** The roles there always are. */
export const builtInRoles = {
  admin: {
    devices: every,
    methods: every,
    read: EVERYTHING,
    write: EVERYTHING,
    channels: every,
    acts,
    secrets: "shown",
  },
  /** Everything on devices; no users, tokens or settings. */
  operator: {
    devices: every,
    methods: every,
    read: EVERYTHING,
    write: EVERYTHING,
    channels: every,
    acts: [
      ...(["admit-devices", "group-devices", "keep-channels", "keep-policies", "set-quirks"] as const),
      ...(["keep-files", "run-campaigns", "trace", "read-audit", "give-grants"] as const),
    ],
    secrets: "shown",
  },
  /** Looks, tests and reboots. */
  support: {
    devices: every,
    methods: {
      type: "names",
      names: [...READING_METHODS, "GetRPCMethods", "Refresh", "Reboot", "SetParameterValues"],
    },
    read: EVERYTHING,
    write: DIAGNOSTICS,
    channels: every,
    acts: ["trace"],
    secrets: "hidden",
  },
  /** Sees what the ACS knows, and asks nothing of devices. */
  viewer: {
    devices: every,
    methods: none,
    read: EVERYTHING,
    write: [],
    channels: every,
    acts: [],
    secrets: "hidden",
  },
} as const satisfies Readonly<Record<string, Rights>>;

export const noRights: Rights = {
  devices: { type: "keys", keys: [] },
  methods: none,
  read: [],
  write: [],
  channels: none,
  acts: [],
  secrets: "hidden",
};

export type BuiltInRole = keyof typeof builtInRoles;

export function isBuiltInRole(name: string): name is BuiltInRole {
  return Object.hasOwn(builtInRoles, name);
}
