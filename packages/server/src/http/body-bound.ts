import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as SecureServer } from "node:https";
import { setImmediate as nextTurn } from "node:timers/promises";

/** Bounds that are in force, so that whoever reads a body can lift its own. */
const bounds = new WeakMap<IncomingMessage, BodyBound>();

interface BodyBound {
  lift(): void;
  renew(): void;
}

export interface BoundedExchange {
  readonly server: Server | SecureServer;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Ends the connection where the request's body has not come in time. Node's own bound is the server's, for all that it takes;
 * this one can be lifted for a file.
 */
export function boundBody(exchange: BoundedExchange, timeoutMs: number): void {
  if (!hasBody(exchange.request)) return;
  // Most bodies come along with their header, which shows once all that came was read: they need no bound.
  setImmediate(() => {
    if (isAwaited(exchange.request)) bind(exchange, timeoutMs);
  });
}

function bind(exchange: BoundedExchange, timeoutMs: number): void {
  const { request } = exchange;
  let timer: NodeJS.Timeout | undefined;
  const lift = (): void => {
    clearTimeout(timer);
  };
  const renew = (): void => {
    lift();
    if (!isAwaited(request)) return;
    timer = setTimeout(() => {
      giveUp(exchange);
    }, timeoutMs).unref();
  };
  request.once("close", lift);
  bounds.set(request, { lift, renew });
  renew();
}

/** Reads the body by other bounds; what is left of it afterwards has the usual ones again. */
export async function atItsOwnPace<T>(request: IncomingMessage, read: () => Promise<T>): Promise<T> {
  // Not before it is known whether the body needs a bound.
  await nextTurn();
  const bound = bounds.get(request);
  bound?.lift();
  try {
    return await read();
  } finally {
    bound?.renew();
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

/** Whether there is more of it to come. */
function isAwaited({ complete, destroyed }: IncomingMessage): boolean {
  return !complete && !destroyed;
}

/** As Node does with what is late: whoever listens for it answers, else a bare 408. */
function giveUp({ server, request, response }: BoundedExchange): void {
  const { socket } = request;
  if (request.complete || socket.destroyed) return;
  const error = Object.assign(new Error("the request took too long to arrive"), {
    code: "ERR_HTTP_REQUEST_TIMEOUT",
  });
  if (server.emit("clientError", error, socket)) return;
  if (!response.headersSent) socket.write("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
  socket.destroy();
}
