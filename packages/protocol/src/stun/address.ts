import { bytesOfHex, joined, readUint16, uint16 } from "./octets.ts";
import { MAGIC_COOKIE, type StunAddress } from "./message.ts";

const IPV4 = 1;
const IPV6 = 2;
const COOKIE = bytesOfHex(MAGIC_COOKIE);

/** The value of MAPPED-ADDRESS [RFC 3489 11.2.1]; undefined where the address is no IP address. */
export function writeAddress({ address, port }: StunAddress): Uint8Array | undefined {
  const octets = octetsOf(address);
  if (octets === undefined) return undefined;
  return joined([Uint8Array.of(0, octets.length === 4 ? IPV4 : IPV6), uint16(port), octets]);
}

/** Undefined where the value is none. */
export function readAddress(value: Uint8Array): StunAddress | undefined {
  const [, family] = value;
  const octets = value.subarray(4);
  if (family === IPV4 && octets.length === 4)
    return { address: octets.join("."), port: readUint16(value, 2) };
  if (family !== IPV6 || octets.length !== 16) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => readUint16(octets, index * 2).toString(16));
  return { address: groups.join(":"), port: readUint16(value, 2) };
}

/** Port and octets as no NAT finds them, and back again [RFC 5389 15.2]. */
export function disguised(value: Uint8Array, transaction: string): Uint8Array {
  const mask = joined([Uint8Array.of(0, 0), COOKIE.subarray(0, 2), bytesOfHex(transaction)]);
  return value.map((byte, index) => byte ^ (mask[index] ?? 0));
}

function octetsOf(address: string): Uint8Array | undefined {
  return address.includes(":") ? ipv6Octets(address) : ipv4Octets(address);
}

function ipv4Octets(address: string): Uint8Array | undefined {
  const parts = address.split(".");
  const isAddress = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
  return isAddress ? Uint8Array.from(parts, Number) : undefined;
}

function ipv6Octets(address: string): Uint8Array | undefined {
  const [head = [], tail, more] = address.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const zeros = 8 - head.length - (tail?.length ?? 0);
  if (more !== undefined || (tail === undefined ? zeros !== 0 : zeros < 1)) return undefined;
  const groups = [...head, ...new Array<string>(zeros).fill("0"), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return joined(groups.map((group) => uint16(Number.parseInt(group, 16))));
}
