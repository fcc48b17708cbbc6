import type { DeviceRecord, LearnedParameter, LearnedParameters, Store } from "../../ports/index.ts";
import { plainAddress } from "../address.ts";
import type { Address } from "../listener.ts";

/** Where a device takes UDP connection requests. */
export interface UdpDoor {
  readonly at: Address;
  /** As the device wrote it. */
  readonly authority: string;
  /** It says that it is behind a NAT: no HTTP leads there. */
  readonly isBehindNat: boolean;
}

/**
 * What the device itself said in sessions of its own, by Informs or answers; undefined where it has no such door, or said
 * nothing that can be used [TR-181 ManagementServer.].
 */
export async function udpDoorOf(device: DeviceRecord, store: Store): Promise<UdpDoor | undefined> {
  const { root } = device.facts;
  if (root === undefined) return undefined;
  return readUdpDoor(root, await store.parameters(device.key, `${root}ManagementServer.`));
}

export function readUdpDoor(root: string, known: LearnedParameters): UdpDoor | undefined {
  const leaves = known[`${root}ManagementServer.`] ?? {};
  const authority = textOf(leaves["UDPConnectionRequestAddress"]);
  const at = readUdpAddress(authority);
  if (at === undefined || isFalse(textOf(leaves["STUNEnable"]))) return undefined;
  return { at, authority, isBehindNat: isTrue(textOf(leaves["NATDetected"])) };
}

const DEFAULT_PORT = 80;

/** `host:port`, or `host` alone for port 80. Only an address can be what a NAT gave: names are not looked up. */
export function readUdpAddress(text: string): Address | undefined {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = plainAddress(bracketed ?? plain ?? "");
  const number = port === undefined ? DEFAULT_PORT : Number(port);
  return host === undefined || number < 1 || number > 65_535 ? undefined : { host, port: number };
}

function textOf(parameter: LearnedParameter | undefined): string {
  const value = parameter?.value ?? "";
  return (typeof value === "object" ? value[0] : String(value)).trim();
}

function isTrue(text: string): boolean {
  return text === "1" || text.toLowerCase() === "true";
}

function isFalse(text: string): boolean {
  return text === "0" || text.toLowerCase() === "false";
}
