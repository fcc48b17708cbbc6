const PAIR = /(?:^|[;,\s])[Ss][Ee][Ss]{2}[Ii][Oo][Nn]\s*=\s*"?([0-9a-f]{32})(?![0-9A-Za-z])/g;
/** As long as all headers of a request together may be; cookies that a device keeps add up. */
const MAX_HEADER_CHARS = 16_384;

/**
 * Every session cookie in a Cookie header, wherever it stands: devices return attributes along with it, join several
 * cookies by commas, write `$Version` in front [RFC 2965], and the name in capitals.
 */
export function sessionCookies(header: string | undefined): readonly string[] {
  if (header === undefined || header.length > MAX_HEADER_CHARS) return [];
  return [...header.matchAll(PAIR)].map((found) => found[1] ?? "");
}

/** Letters and digits only, and a path, for those devices that mind. */
export function sessionCookie(id: string): string {
  return `session=${id}; Path=/; HttpOnly`;
}
