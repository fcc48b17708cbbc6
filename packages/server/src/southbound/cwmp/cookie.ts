import { gatewayId } from "../../ports/index.ts";
import type { GatewayId, Random } from "../../ports/index.ts";

/** As nearly all return it. */
const ALONE = /^session=([0-9a-f]{32})$/;
const PAIR = /(?:^|[;,\s])[Ss][Ee][Ss]{2}[Ii][Oo][Nn]\s*=\s*"?([0-9a-f]{32})(?![0-9A-Za-z])/g;
/** As long as all headers of a request together may be; cookies that a device keeps add up. */
const MAX_HEADER_CHARS = 16_384;

/**
 * Every session cookie in a Cookie header, wherever it stands: devices return attributes along with it, join several
 * cookies by commas, write `$Version` in front [RFC 2965], and the name in capitals.
 */
export function sessionCookies(header: string | undefined): readonly string[] {
  if (header === undefined || header.length > MAX_HEADER_CHARS) return [];
  const alone = ALONE.exec(header)?.[1];
  if (alone !== undefined) return [alone];
  return [...header.matchAll(PAIR)].map((found) => found[1] ?? "");
}

const GATEWAY_CHARS = 8;

/** The name of a session: the gateway that holds it, and what nobody can guess. */
export function sessionId(gateway: GatewayId, random: Random): string {
  return gateway + random.hex(12);
}

/** Whose session it names. */
export function gatewayOf(cookie: string): GatewayId {
  return gatewayId(cookie.slice(0, GATEWAY_CHARS));
}

/** Letters and digits only, and a path, for those devices that mind. */
export function sessionCookie(id: string): string {
  return `session=${id}; Path=/; HttpOnly`;
}
