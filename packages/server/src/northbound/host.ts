import type { IncomingHttpHeaders } from "node:http";

const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** The names a request may come under, in lower case, without port; an IPv6 address may stand without brackets. */
export function acceptedHosts(names: readonly string[]): ReadonlySet<string> {
  return new Set([...LOOPBACK, ...names.map((name) => hostName(name) ?? `[${name.toLowerCase()}]`)]);
}

/** The name in a `Host` header, in lower case, without port; undefined where it is none. */
export function hostName(header: string | undefined): string | undefined {
  const [, name] = /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::\d{1,5})?$/i.exec(header ?? "") ?? [];
  return name?.toLowerCase();
}

/** Whether a request with cookies comes from a page of another site: a browser would lend it the person's login. */
export function isForeign(headers: IncomingHttpHeaders): boolean {
  if (headers.cookie === undefined || headers.origin === undefined) return false;
  return URL.parse(headers.origin)?.host !== headers.host?.toLowerCase();
}
