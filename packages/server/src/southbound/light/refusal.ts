import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { DeviceKey } from "@heliograph/protocol";
import { closing, comeBack } from "./closing.ts";
import type { Closing } from "./closing.ts";

/** Why an upgrade is refused, in HTTP's terms [LIGHT 2]. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 405 | 426 | 503;
  /** One line for the person who looks at the device's log. */
  readonly line: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whose token it was, where it is good. */
  readonly device?: DeviceKey;
}

export function notSpoken(spoken: Iterable<string>): Refusal {
  return { status: 400, line: `none of the subprotocols is spoken here: ${[...spoken].join(", ")}` };
}

export function unauthorized(line: string): Refusal {
  return { status: 401, line, headers: { "WWW-Authenticate": "Bearer" } };
}

export const notApproved: Refusal = { status: 403, line: "this device is not approved" };

export const notCertified: Refusal = { status: 403, line: "the certificate is another device's" };

export function unavailable(line: string, retryAfterSeconds: number): Refusal {
  return { status: 503, line, headers: { "Retry-After": String(retryAfterSeconds) } };
}

/** How a refusal is said once the handshake is done, to somebody who sees no HTTP status. */
export function closingOf({ status, line, headers }: Refusal): Closing {
  switch (status) {
    case 503:
      return comeBack(Number(headers?.["Retry-After"] ?? 0));
    case 403:
      return closing("notAllowed", line);
    default:
      return closing("tokenRefused", line);
  }
}

/** Writes the refusal as the answer to the upgrade request, and ends the socket. */
export function writeRefusal(socket: Duplex, { status, line, headers }: Refusal): void {
  const body = `${line}\n`;
  const all = {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": String(Buffer.byteLength(body)),
    Connection: "close",
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${head.join("")}\r\n${body}`);
}
