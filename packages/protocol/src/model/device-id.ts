import type { Brand } from "../brand.ts";

/** Who a device says it is [CWMP 1.4 Inform.DeviceId]. */
export interface DeviceId {
  readonly Manufacturer: string;
  readonly OUI: string;
  readonly ProductClass: string;
  readonly SerialNumber: string;
}

/** `OUI-ProductClass-SerialNumber`, percent-escaped; `OUI-SerialNumber` where the product class is empty. */
export type DeviceKey = Brand<string, "DeviceKey">;

const SAFE = /^[0-9A-Za-z_]*$/;
const KEY = /^(?:[0-9A-Za-z_]|%[0-9A-F]{2})*(?:-(?:[0-9A-Za-z_]|%[0-9A-F]{2})+){1,2}$/;
const MAX_KEY_CHARS = 512;

/**
 * The one key of a device: OUI in upper case, product class and serial number as sent, surrounding white space off,
 * every character but `[0-9A-Za-z_]` percent-escaped as UTF-8, joined by `-`. Safe as a bus subject token,
 * an HTTP path segment and a file name. Undefined without a serial number: such a device cannot be told from others.
 */
export function deviceKey(id: DeviceId): DeviceKey | undefined {
  const serialNumber = id.SerialNumber.trim();
  if (serialNumber === "") return undefined;
  const productClass = id.ProductClass.trim();
  const parts = [id.OUI.trim().toUpperCase(), ...(productClass === "" ? [] : [productClass]), serialNumber];
  const key = parts.map(escape).join("-");
  return key.length <= MAX_KEY_CHARS ? (key as DeviceKey) : undefined;
}

/** Reads a key that came from outside, such as a path segment; undefined where it is not one. */
export function parseDeviceKey(text: string): DeviceKey | undefined {
  return text.length <= MAX_KEY_CHARS && KEY.test(text) ? (text as DeviceKey) : undefined;
}

function escape(part: string): string {
  // As nearly all are.
  if (SAFE.test(part)) return part;
  let escaped = "";
  for (const character of part) {
    escaped += SAFE.test(character) ? character : percentEncode(character);
  }
  return escaped;
}

function percentEncode(character: string): string {
  let encoded = "";
  for (const byte of new TextEncoder().encode(character)) {
    encoded += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}
