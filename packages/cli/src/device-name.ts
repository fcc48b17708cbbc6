import { ApiError, type Client } from "@heliograph/api/client";
import type { Device } from "@heliograph/api";
import { CommandError } from "./command-error.ts";
import { exitCodes } from "./exit-code.ts";

const MAX_SHOWN = 10;
const MAX_CANDIDATES = 1_000;

/**
 * The device a person means: by its whole key, by its serial number, or by a part of either that no other device has.
 * Throws {@link CommandError} where none or several answer to the name.
 */
export async function findDevice(client: Client, name: string): Promise<Device> {
  return (await byKey(client, name)) ?? onlyOne(name, await candidates(client, name));
}

async function byKey({ devices }: Client, name: string): Promise<Device | undefined> {
  if (name === "") throw new CommandError("a device has a name", exitCodes.refused);
  try {
    return await devices.get(name);
  } catch (error) {
    if (error instanceof ApiError && error.reason === "unknown-device") return undefined;
    throw error;
  }
}

/** Devices whose key has the name as it is written, or as a key would write it. */
async function candidates({ devices }: Client, name: string): Promise<readonly Device[]> {
  const spellings = [...new Set([name, escapeForKey(name)])];
  const pages = await Promise.all(spellings.map((query) => devices.list({ query, limit: MAX_CANDIDATES })));
  const found = new Map(pages.flatMap(({ items }) => items.map((device) => [device.key, device])));
  return [...found.values()].filter(({ key }) => spellings.some((part) => includes(key, part)));
}

function onlyOne(name: string, devices: readonly Device[]): Device {
  const exact = devices.filter(({ deviceId }) => deviceId.SerialNumber === name);
  const [device, ...others] = exact.length > 0 ? exact : devices;
  if (device === undefined) {
    throw new CommandError(`no device is called "${name}"`, exitCodes.refused, [
      "`heliograph devices` lists them",
    ]);
  }
  if (others.length === 0) return device;
  const keys = [device, ...others].map(({ key }) => key);
  const rest = keys.length - MAX_SHOWN;
  throw new CommandError(`"${name}" may be any of ${keys.length} devices:`, exitCodes.refused, [
    ...keys.slice(0, MAX_SHOWN),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ]);
}

/** Keys percent-escape all but letters, digits and the underscore. */
function escapeForKey(name: string): string {
  return Array.from(new TextEncoder().encode(name), (byte) => {
    const character = String.fromCharCode(byte);
    return /^\w$/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

function includes(key: string, part: string): boolean {
  return key.toLowerCase().includes(part.toLowerCase());
}
