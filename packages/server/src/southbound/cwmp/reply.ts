import type { IncomingMessage, ServerResponse } from "node:http";

/** What a device is answered. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
  /** It calls an RPC: there is no use in it for a device that has closed its side of the connection. */
  readonly isCall?: true;
}

export function soap(envelope: string, status = 200): Reply {
  return { status, headers: { "Content-Type": "text/xml; charset=utf-8" }, body: envelope };
}

export function call(envelope: string): Reply {
  return { ...soap(envelope), isCall: true };
}

/** "Nothing" of CWMP: the ACS has nothing (more) to ask. */
export const nothing: Reply = { status: 204, headers: {}, body: "" };

/** One line for the person who looks at the device's log. */
export function plain(status: number, line: string): Reply {
  return { status, headers: { "Content-Type": "text/plain; charset=utf-8" }, body: `${line}\n` };
}

export function unavailable(line: string, retryAfterSeconds: number): Reply {
  return withHeader(plain(503, line), "Retry-After", String(retryAfterSeconds));
}

/** The device's TCP connection ends with this reply. */
export function last(reply: Reply): Reply {
  return withHeader(reply, "Connection", "close");
}

export function withHeader(reply: Reply, name: string, value: string | string[]): Reply {
  return { ...reply, headers: { ...reply.headers, [name]: value } };
}

/**
 * Writes in one piece and with its length, since devices cannot read chunks. False where nothing was handed to the socket,
 * because the device had closed it; for a call it is enough that the device has closed its side.
 */
export function write(request: IncomingMessage, response: ServerResponse, reply: Reply): boolean {
  const { socket } = request;
  if (reply.isCall === true && socket.readableEnded) socket.destroy();
  if (socket.destroyed || response.destroyed) return false;
  const { status, headers, body } = reply;
  if (status === 204) {
    response.writeHead(status, headers).end();
    return true;
  }
  const bytes = Buffer.byteLength(body);
  // Text that is ASCII alone, as nearly all is, leaves sooner as Latin-1.
  const encoding = bytes === body.length ? "latin1" : "utf8";
  response.writeHead(status, { ...headers, "Content-Length": bytes }).end(body, encoding);
  return true;
}
