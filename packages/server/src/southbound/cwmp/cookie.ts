const PAIR = /(?:^|[;,\s])session\s*=\s*"?([0-9a-f]{32})(?![0-9A-Za-z])/g;
/** Cookies kept by a device add up; more than this is not one of ours. */
const MAX_HEADER_CHARS = 4096;

/**
 * Every session cookie in a Cookie header, wherever it stands: devices return attributes along with it, join several
 * cookies by commas, and write `$Version` in front [RFC 2965].
 */
export function sessionCookies(header: string | undefined): readonly string[] {
  if (header === undefined || header.length > MAX_HEADER_CHARS) return [];
  return [...header.matchAll(PAIR)].map((found) => found[1] ?? "");
}

/** Letters and digits only, and a path, for those devices that mind. */
export function sessionCookie(id: string): string {
  return `session=${id}; Path=/; HttpOnly`;
}
