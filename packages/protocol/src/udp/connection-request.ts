import { accept, refuse, type Decoded } from "../decoded.ts";
import { isSameHex, type Signing } from "../stun/integrity.ts";

/** What calls a device behind a NAT: one datagram, which is not answered [TR-069 G.2.2.3]. */
export interface UdpConnectionRequest {
  /** `host:port` as the device gave it, or `host` alone. */
  readonly authority: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** The same in all copies of a request, another in the next one. */
  readonly id: number;
  readonly username: string;
  readonly cnonce: string;
}

/** One that was read, with its signature as it stands there. */
export interface SignedConnectionRequest extends UdpConnectionRequest {
  readonly signature: string;
}

/** What a device reads of a datagram. */
export const MAX_UDP_REQUEST_CHARS = 2_048;

/** Signs and writes it. */
export function writeUdpConnectionRequest(request: UdpConnectionRequest, signing: Signing): string {
  const { authority, timestamp, id, username, cnonce } = request;
  const query = [
    ["ts", String(timestamp)],
    ["id", String(id)],
    ["un", username],
    ["cn", cnonce],
    ["sig", signatureOf(request, signing)],
  ] as const;
  const written = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  return `GET http://${authority}?${written} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
}

/** As a device reads it; whether it is genuine is another question. */
export function readUdpConnectionRequest(text: string): Decoded<SignedConnectionRequest> {
  if (text.length > MAX_UDP_REQUEST_CHARS) return refuse("over-limit", "0", "too long for a request");
  const [, authority, query] = /^GET +http:\/\/([^\s/?#]+)\/?\?(\S+) +HTTP\/1\.[01]\r?\n/.exec(text) ?? [];
  if (authority === undefined || query === undefined) {
    return refuse("bad-header", "0", "not a UDP connection request");
  }
  const fields = new URLSearchParams(query);
  const [timestamp, id] = ["ts", "id"].map((name) => numberOf(fields.get(name)));
  const [username, cnonce, signature] = ["un", "cn", "sig"].map((name) => fields.get(name) ?? undefined);
  if (timestamp === undefined || id === undefined) {
    return refuse("bad-field", "ts, id", "its time and its id must be numbers");
  }
  if (username === undefined || cnonce === undefined || signature === undefined) {
    return refuse("bad-field", "un, cn, sig", "one of them is missing");
  }
  return accept({ authority, timestamp, id, username, cnonce, signature });
}

/** Whether it was signed with that password. */
export function isGenuine(request: SignedConnectionRequest, signing: Signing): boolean {
  return isSameHex(signatureOf(request, signing), request.signature);
}

function signatureOf(request: UdpConnectionRequest, { password, hmac }: Signing): string {
  const { timestamp, id, username, cnonce } = request;
  return hmac(password, utf8.encode(`${timestamp}${id}${username}${cnonce}`));
}

const utf8 = new TextEncoder();

function numberOf(text: string | null): number | undefined {
  return text !== null && /^(?:0|[1-9]\d{0,9})$/.test(text) ? Number(text) : undefined;
}
