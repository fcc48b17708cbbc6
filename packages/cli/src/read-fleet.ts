import {
  deviceKinds,
  isDeviceKind,
  isTransferTrouble,
  spoken,
  transferTroubles,
  troubles,
  type FleetOptions,
  type Mix,
  type Spoken,
  type TransferTroubleShares,
  type Trouble,
  type Weakness,
} from "@heliograph/simulator";
import { UsageError } from "./command-error.ts";
import type { FleetFlag } from "./fleet-flags.ts";
import type { Given } from "./given.ts";

/** The fleet that is meant. Throws {@link UsageError}. */
export function readFleet(
  given: Given<FleetFlag>,
  environment: Readonly<Record<string, string | undefined>>,
): FleetOptions {
  const password = given.text("device-password") ?? environment["HELIOGRAPH_DEVICE_PASSWORD"];
  const kinds = given.text("kinds");
  const stateFolder = given.text("state");
  const informInterval = given.number("inform-interval");
  const nat = given.text("nat");
  const tree = given.text("tree");
  return {
    acsUrl: readAcs(given.one("acs")),
    devices: readWhole(given, "devices"),
    mix: readMix(given),
    rate: readRate(given),
    name: readName(given.one("name")),
    seed: given.number("seed") ?? 1,
    changesPerHour: given.number("changes") ?? 0,
    connectionRequests: readListener("listen", given.one("listen")),
    troubles: Object.fromEntries(troubles.map((trouble) => [trouble, readShare(given, trouble)])),
    transferTroubles: readTransferTroubles(given.text("transfers") ?? ""),
    ...(kinds === undefined ? {} : { kinds: kinds.split(",").map(readKind) }),
    ...(password === undefined ? {} : { firstContact: { username: given.one("device-user"), password } }),
    ...(tree === undefined ? {} : { tree: readWhole(given, "tree") }),
    weakness: readWeakness(given),
    ...(nat === undefined ? {} : { behindNat: readStun(nat) }),
    ...(stateFolder === undefined ? {} : { stateFolder }),
    ...(informInterval === undefined ? {} : { informInterval: readWhole(given, "inform-interval") }),
  };
}

function readAcs(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href;
  throw new UsageError(`--acs must be an http or https URL; it is "${text}"`);
}

function readWhole(
  given: Given<FleetFlag>,
  name: "devices" | "inform-interval" | "tree" | "max-names",
): number {
  const count = given.number(name) ?? 0;
  if (Number.isInteger(count) && count > 0) return count;
  throw new UsageError(`--${name} must be a whole number, 1 or more; it is "${given.one(name)}"`);
}

function readWeakness(given: Given<FleetFlag>): Weakness {
  const badName = given.text("bad-name");
  return {
    refusesEmptyPath: given.isOn("no-empty-path"),
    ...(given.text("max-names") === undefined ? {} : { maxNames: readWhole(given, "max-names") }),
    ...(badName === undefined ? {} : { badName }),
  };
}

function readRate(given: Given<FleetFlag>): number {
  const rate = given.number("rate") ?? 0;
  if (rate > 0) return rate;
  throw new UsageError(`--rate must be more than 0; it is "${given.one("rate")}"`);
}

function readMix(given: Given<FleetFlag>): Mix {
  const text = given.one("mix");
  const subprotocol = given.text("subprotocol");
  if (!text.includes("=")) {
    const percent = readLightPercent(text);
    return { [readSubprotocol(subprotocol ?? "cwmp.json")]: percent, classic: 100 - percent };
  }
  if (subprotocol !== undefined) throw new UsageError("--subprotocol is for a --mix without shares");
  const mix = Object.fromEntries(text.split(",").map(readMixShare));
  if (Object.values(mix).some((share) => share > 0)) return mix;
  throw new UsageError(`--mix must give somebody a share; it is "${text}"`);
}

function readLightPercent(text: string): number {
  if (text === "light") return 100;
  if (text === "classic") return 0;
  if (text === "mixed") return 50;
  const percent = /^\d+(?:\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (percent <= 100) return percent;
  throw new UsageError(
    `--mix must be light, classic, mixed, a percentage such as 25 or shares such as json=4,classic=2; it is "${text}"`,
  );
}

/** What speaks is named without what all names have in common: `soap` is `cwmp.soap`. */
function readMixShare(text: string): readonly [Spoken, number] {
  const [, name, share] = /^([a-z]+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const speaks = spoken.find((each) => each.split(".").at(-1) === name);
  if (speaks !== undefined) return [speaks, Number(share)];
  const names = spoken.map((each) => each.split(".").at(-1)).join(", ");
  throw new UsageError(`--mix must have shares of ${names}, such as soap=1; one is "${text}"`);
}

function readSubprotocol(text: string): Spoken {
  const speaks = spoken.find((each) => each === text && each !== "classic");
  if (speaks !== undefined) return speaks;
  const names = spoken.filter((each) => each !== "classic").join(", ");
  throw new UsageError(`--subprotocol must be of ${names}; it is "${text}"`);
}

function readKind(text: string) {
  if (isDeviceKind(text)) return text;
  throw new UsageError(`--kinds must be of ${deviceKinds.join(", ")}; one is "${text}"`);
}

/** Serial numbers are never longer than 64 characters [CWMP 1.4 schema]; six of them are the number's. */
function readName(text: string): string {
  if (/^[0-9A-Za-z_-]{0,58}$/.test(text)) return text;
  throw new UsageError(`--name must be letters, digits, - and _, 58 at most; it is "${text}"`);
}

function readListener(flag: FleetFlag, text: string) {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new UsageError(`--${flag} must be host:port, such as 192.0.2.10:0; it is "${text}"`);
}

function readStun(text: string): NonNullable<FleetOptions["behindNat"]> {
  const { host, port } = readListener("nat", text);
  if (port > 0) return { address: host, port };
  throw new UsageError(`--nat must be host:port, such as 127.0.0.1:3478; it is "${text}"`);
}

function readShare(given: Given<FleetFlag>, trouble: Trouble): number {
  const percent = given.number(trouble) ?? 0;
  if (percent <= 100) return percent / 100;
  throw new UsageError(`--${trouble} must be a percentage, at most 100; it is "${given.one(trouble)}"`);
}

function readTransferTroubles(text: string): TransferTroubleShares {
  const shares = text === "" ? [] : text.split(",").map(readTransferTrouble);
  const whole = shares.reduce((sum, [, share]) => sum + share, 0);
  if (whole <= 1) return Object.fromEntries(shares);
  throw new UsageError(`--transfers gives away more than all devices; it is "${text}"`);
}

function readTransferTrouble(text: string): readonly [string, number] {
  const [, name = "", percent] = /^([a-z-]+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (isTransferTrouble(name) && percent !== undefined) return [name, Number(percent) / 100];
  const names = transferTroubles.join(", ");
  throw new UsageError(`--transfers must be of ${names}, such as late=5; one is "${text}"`);
}
