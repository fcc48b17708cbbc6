import type { DataModel } from "./data-model.ts";
import type { DeviceEvent } from "./events.ts";
import { aliasOfInstance } from "./instances.ts";
import { itemsOf } from "./list-value.ts";
import type { Declarations } from "./object-tree.ts";

const MAX_ROWS = 64;
const PATH_CHARS = 256;
/** What changed is told by itself, and by nothing else [CWMP 1.4 A.3.3.1]. */
const VALUE_CHANGE = "4 VALUE CHANGE";

/** What every Inform says where the device has it [TR-181, TR-098: forced Inform parameters]. */
export function forcedInformPaths(model: DataModel): readonly string[] {
  const forced = FORCED.map((path) => model.root + path);
  if (model.root === "Device.") return forced;
  const connection = model.get(`${model.root}Layer3Forwarding.DefaultConnectionService`);
  return [...forced, `${String(connection ?? "").replace(/\.$/, "")}.ExternalIPAddress`];
}

/** The table by which the ACS has Informs say more [TR-181 Device.ManagementServer.InformParameter.]. */
export function informParameterTable(root: string): Declarations {
  const forced = new Set(FORCED.map((path) => root + path));
  return {
    [`${root}ManagementServer.InformParameter.`]: {
      writable: true,
      maxRows: MAX_ROWS,
      row: (instance) => ({
        Alias: aliasOfInstance(instance),
        Enable: { type: "boolean", writable: true },
        ParameterName: { type: "string", writable: true, check: (path) => noPattern(path, forced) },
        EventList: { type: "string", writable: true, check: noEventList },
      }),
    },
  };
}

/** What the table adds to an Inform with those events: the paths that there are now. */
export function addedInformPaths(model: DataModel, events: readonly DeviceEvent[]): readonly string[] {
  const codes = events.map(({ EventCode }) => EventCode).filter((code) => code !== VALUE_CHANGE);
  const table = `${model.root}ManagementServer.InformParameter.`;
  return model
    .instances(table)
    .map((instance) => `${table}${instance}.`)
    .filter((row) => model.get(`${row}Enable`) === true)
    .filter((row) => isAbout(codes, String(model.get(`${row}EventList`))))
    .flatMap((row) => model.matching(String(model.get(`${row}ParameterName`))));
}

const FORCED = [
  "DeviceSummary",
  "RootDataModelVersion",
  "DeviceInfo.SpecVersion",
  "DeviceInfo.HardwareVersion",
  "DeviceInfo.SoftwareVersion",
  "DeviceInfo.ProvisioningCode",
  "ManagementServer.ParameterKey",
  "ManagementServer.ConnectionRequestURL",
  "ManagementServer.AliasBasedAddressing",
  "ManagementServer.X_HELIOGRAPH_WebSocketSubprotocols",
];

/** Names, each with an instance behind it or not, the last one a parameter's. */
const PATTERN = /^(?:[A-Za-z_][\w-]*\.(?:(?:\d+|\*|\[[^\]]+\])\.)?)+[A-Za-z_][\w-]*$/;
const EVENT_CODE = /^(?:\d+(?: \S+)+|M \S+|X \S+ .+)$/;

/** An empty list is about every event. */
function isAbout(codes: readonly string[], eventList: string): boolean {
  const listed = itemsOf(eventList);
  return listed.length === 0 ? codes.length > 0 : codes.some((code) => listed.includes(code));
}

function noPattern(path: string, forced: ReadonlySet<string>): string | undefined {
  if (path === "") return undefined;
  if (forced.has(path)) return "every Inform has it";
  return path.length <= PATH_CHARS && PATTERN.test(path)
    ? undefined
    : "not a parameter, with wildcards for instances alone";
}

function noEventList(list: string): string | undefined {
  for (const code of itemsOf(list)) {
    if (code === VALUE_CHANGE) return `${VALUE_CHANGE} tells of what changed alone`;
    if (!EVENT_CODE.test(code)) return `${code} is no event`;
  }
  return undefined;
}
