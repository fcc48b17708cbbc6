/** A block of addresses; one address is the smallest. */
export interface Block {
  readonly family: 4 | 6;
  readonly base: bigint;
  /** How many of the leading bits count. */
  readonly prefix: number;
}

const OCTET = /^(?:0|[1-9]\d{0,2})$/;
const WORD = /^[0-9a-f]{1,4}$/i;
const MAPPED = 0xffffn << 32n;

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; undefined where the text is neither. */
export function parseBlock(text: string): Block | undefined {
  if (text.length > 64) return undefined;
  const [address = "", bits, more] = text.split("/");
  const base = parseIPv4(address) ?? parseIPv6(address);
  if (base === undefined || more !== undefined) return undefined;
  const longest = base.family === 4 ? 32 : 128;
  if (bits !== undefined && !OCTET.test(bits)) return undefined;
  const prefix = bits === undefined ? longest : Number(bits);
  return prefix > longest ? undefined : { ...base, prefix };
}

/** Whether the one lies in the other; IPv4 in IPv6 is IPv4. */
export function isInBlock(text: string, block: Block): boolean {
  const address = parseBlock(text);
  if (address?.family !== block.family) return false;
  const rest = BigInt((block.family === 4 ? 32 : 128) - block.prefix);
  return address.base >> rest === block.base >> rest;
}

type Base = Pick<Block, "family" | "base">;

function parseIPv4(text: string): Base | undefined {
  const octets = text.split(".");
  const isOne = octets.length === 4 && octets.every((octet) => OCTET.test(octet) && Number(octet) < 256);
  if (!isOne) return undefined;
  return { family: 4, base: octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n) };
}

function parseIPv6(text: string): Base | undefined {
  const [head = "", tail, more] = spelledOut(text).split("::");
  const left = wordsOf(head);
  const right = wordsOf(tail ?? "");
  const count = left.length + right.length;
  const isOne = more === undefined && (tail === undefined ? count === 8 : count < 8);
  if (!isOne || ![...left, ...right].every((word) => WORD.test(word))) return undefined;
  const words = [...left, ...new Array<string>(8 - count).fill("0"), ...right];
  const base = words.reduce((sum, word) => (sum << 16n) | BigInt(`0x${word}`), 0n);
  const isMapped = base >> 32n === MAPPED >> 32n;
  return isMapped ? { family: 4, base: base & 0xffffffffn } : { family: 6, base };
}

/** With the last four octets, where they are written as IPv4, as two words. */
function spelledOut(text: string): string {
  const end = text.lastIndexOf(":") + 1;
  const last = end === 0 ? undefined : parseIPv4(text.slice(end));
  if (last === undefined) return text;
  return `${text.slice(0, end)}${(last.base >> 16n).toString(16)}:${(last.base & 0xffffn).toString(16)}`;
}

function wordsOf(part: string): readonly string[] {
  return part === "" ? [] : part.split(":");
}
