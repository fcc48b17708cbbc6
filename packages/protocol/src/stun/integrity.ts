import { padded } from "./octets.ts";
import { hasMagicCookie, type BindingRequest, type BindingResponse } from "./message.ts";

/** Lower-case hexadecimal HMAC-SHA1, the key in UTF-8; handed in, so that the codec needs no library. */
export type HmacSha1 = (key: string, data: Uint8Array) => string;

/** What a message or a datagram is signed with. */
export interface Signing {
  readonly password: string;
  readonly hmac: HmacSha1;
}

/**
 * Whether MESSAGE-INTEGRITY is of that password. RFC 3489 has what is signed filled up with zeros to blocks of 64 bytes
 * (11.2.8), which not all its clients do.
 */
export function isSignedWith(
  message: BindingRequest | BindingResponse,
  { password, hmac }: Signing,
): boolean {
  if (message.integrity === undefined) return false;
  const { covered, hmac: given } = message.integrity;
  const forms = hasMagicCookie(message) ? [covered] : [padded(covered, BLOCK_BYTES), covered];
  return forms.map((form) => isSameHex(hmac(password, form), given)).includes(true);
}

/** The digits that are written for the bytes before MESSAGE-INTEGRITY. */
export function integrityOf(covered: Uint8Array, transaction: string, { password, hmac }: Signing): string {
  return hmac(password, hasMagicCookie({ transaction }) ? covered : padded(covered, BLOCK_BYTES));
}

/** In a time that says nothing of where they differ; hexadecimal digits are the same in either case. */
export function isSameHex(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at += 1) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

const BLOCK_BYTES = 64;
