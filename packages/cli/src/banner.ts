import type { RunningProcess } from "@heliograph/server";
import { authority, isLoopback, type Settings } from "@heliograph/server/settings";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

type Southbound = Pick<NonNullable<RunningProcess["southbound"]>, "acsUrl" | "secureAcsUrl">;

interface Started extends Pick<RunningProcess, "firstContact" | "healthUrl"> {
  readonly southbound: Southbound | undefined;
  readonly northbound: Pick<NonNullable<RunningProcess["northbound"]>, "url"> | undefined;
}

/** What a person needs to know of an ACS, or of a process of one, that has just started. */
export function banner(
  { southbound, northbound, firstContact, healthUrl }: Started,
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const { roles } = settings;
  const isWhole = southbound !== undefined && northbound !== undefined && roles.includes("engine");
  return [
    isWhole ? "Heliograph is running." : `Heliograph is running: ${roles.join(", ")}.`,
    "",
    ...(southbound === undefined ? [] : deviceLines(southbound, firstContact, settings)),
    ...(northbound === undefined ? [] : managerLines(northbound, settings, environment)),
    ...(healthUrl === undefined ? [] : [`How it is: ${healthUrl}/readyz, and its numbers: /metrics`, ""]),
  ];
}

function deviceLines(
  { acsUrl, secureAcsUrl }: Southbound,
  firstContact: Started["firstContact"],
  settings: Settings,
): readonly string[] {
  if (!settings.roles.includes("cwmp")) return [lightLine(settings).trimStart(), ""];
  const secure = secureAcsUrl === undefined ? [] : [secureAcsUrl];
  const [first = acsUrl, ...others] = [...secure, ...acsUrls(acsUrl, settings)];
  const password =
    settings.devicePassword === undefined ? firstContact.password : "as set by device-password";
  return [
    "Put into a device:",
    `  ACS URL    ${first}`,
    ...others.map((url) => `        or   ${url}`),
    `  user name  ${firstContact.username}`,
    `  password   ${password}`,
    ...enrolmentLines(settings),
    lightLine(settings),
    "",
  ];
}

function managerLines(
  { url }: NonNullable<Started["northbound"]>,
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const token = settings.adminToken === undefined ? "" : "the admin-token, also ";
  return [
    "For managers:",
    `  API        ${url} (described by /api/v1/openapi.json)`,
    `  token      ${token}in ${join(settings.data, "client.json")}, where the commands below find it`,
    "",
    "Try next:",
    ...nextLines(settings, environment),
    "",
  ];
}

/** Where devices find it: the URL that was set, else every address of this machine it listens on. */
export function acsUrls(acsUrl: string, { publicUrl, southbound }: Settings): readonly string[] {
  if (publicUrl !== undefined || (southbound.host !== "::" && southbound.host !== "0.0.0.0")) return [acsUrl];
  const port = Number(URL.parse(acsUrl)?.port ?? southbound.port);
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family, address }) => !internal && isRoutable(family, address))
    .filter(({ family }) => family === "IPv4" || southbound.host === "::")
    .map(({ address }) => `http://${authority({ host: address, port })}/`);
  return [...outside, acsUrl];
}

/** A link-local IPv6 address means nothing without the device's own interface. */
function isRoutable(family: string, address: string): boolean {
  return family === "IPv4" || !address.toLowerCase().startsWith("fe80:");
}

function enrolmentLines({ openEnrolment, southbound }: Settings): readonly string[] {
  switch (openEnrolment) {
    case "all":
      return [
        "  Every device that comes is enrolled, without a password: open-enrolment is all.",
        "  Whoever reaches the ACS can become any device: a claim is not waited for.",
      ];
    case "loopback":
      return isLoopback(southbound.host)
        ? ["  Devices of this machine need no password."]
        : [
            "  Devices of this machine need no password; others wait for `approve` after their first contact.",
          ];
    case "none":
      return ["  A device waits for `approve` after its first contact."];
  }
}

/** Whom the ACS refers to its WebSocket. */
function lightLine(settings: Settings): string {
  const { publicUrl, behindProxy, tls, allowPlainLight } = settings;
  const told = "  The light transport, a WebSocket at /light, is told to";
  if (behindProxy && publicUrl === undefined)
    return `${told} nobody: behind a proxy, --public-url is needed.`;
  if (allowPlainLight)
    return `${told} every device that speaks it, also without TLS: allow-plain-light is on.`;
  const isSecure = (tls !== undefined || behindProxy) && publicUrl?.startsWith("http:") !== true;
  return isSecure
    ? `${told} devices that come by TLS or from this machine.`
    : `${told} devices of this machine; others need TLS: --tls-cert, --tls-key.`;
}

function nextLines(
  { data }: Settings,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const start = environment["npm_lifecycle_event"] === undefined ? "heliograph" : "npx heliograph";
  const isElsewhere = join(data) !== "data" && environment["HELIOGRAPH_DATA"] === undefined;
  const where = isElsewhere ? ` --data ${data}` : "";
  const tries = [
    ["devices", "who has come"],
    ["watch", "what happens, as it happens"],
    ["get <device> Device.DeviceInfo.", "ask a device"],
  ] as const;
  const lines = tries.map(([line, shows]) => [`  ${start} ${line}${where}`, shows] as const);
  const width = Math.max(...lines.map(([line]) => line.length));
  return lines.map(([line, shows]) => `${line.padEnd(width)}   ${shows}`);
}
