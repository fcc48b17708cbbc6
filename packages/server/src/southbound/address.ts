import { BlockList, isIP, isIPv4 } from "node:net";

const MAPPED = /^::ffff:(?:0:)?([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * An IP address in its one written form: no zone, no brackets, IPv6 shortened, IPv4 in IPv6 as IPv4. Undefined where the text is none.
 */
export function plainAddress(text: string): string | undefined {
  // As nearly all are; asked of every request.
  if (isIPv4(text)) return text;
  const bare = (/^\[(.*)\]$/.exec(text)?.[1] ?? text).replace(/%.*$/s, "");
  switch (isIP(bare)) {
    case 4:
      return bare;
    case 6:
      return unmapped(new URL(`http://[${bare}]/`).hostname.slice(1, -1));
    default:
      return undefined;
  }
}

function unmapped(address: string): string {
  const found = MAPPED.exec(address);
  if (found === null) return address;
  const words = [found[1] ?? "", found[2] ?? ""].map((word) => Number.parseInt(word, 16));
  return words.flatMap((word) => [word >> 8, word & 0xff]).join(".");
}

export interface Network {
  /** Its first address, in plain form. */
  readonly base: string;
  readonly includes: (address: string) => boolean;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; undefined where the text is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [address = "", bits, more] = text.trim().split("/");
  const base = plainAddress(address);
  if (base === undefined || more !== undefined) return undefined;
  const longest = isIP(base) === 4 ? 32 : 128;
  if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return undefined;
  const prefix = bits === undefined ? longest : Number(bits);
  if (prefix > longest) return undefined;
  const list = new BlockList();
  list.addSubnet(base, prefix, family(base));
  return { base, includes: (candidate) => isIP(candidate) !== 0 && list.check(candidate, family(candidate)) };
}

/** Whoever has one IPv6 address in plain form has the 2^64 beside it, too; an IPv4 address stands for itself. */
export function network(address: string): string {
  if (!address.includes(":")) return address;
  const [head = [], tail = []] = address.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const zeros = new Array<string>(8 - head.length - tail.length).fill("0");
  return [...head, ...zeros, ...tail].slice(0, 4).join(":");
}

function family(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}

const LINK_LOCAL = networks(["169.254.0.0/16", "fe80::/10"]);
const NOBODY = networks(["0.0.0.0/8", "::", "224.0.0.0/4", "255.255.255.255", "ff00::/8"]);

/** Of an address in plain form; asked of every request. */
export function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

export function isLinkLocal(address: string): boolean {
  return includes(LINK_LOCAL, address);
}

/** Unspecified, multicast and broadcast addresses: no one host's own. */
export function isNobodys(address: string): boolean {
  return includes(NOBODY, address);
}

export function includes(list: readonly Network[], address: string): boolean {
  return list.some((network) => network.includes(address));
}

function networks(texts: readonly string[]): readonly Network[] {
  return texts.map(parseNetwork).filter((network) => network !== undefined);
}
