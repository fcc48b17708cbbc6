import { createSocket, type Socket } from "node:dgram";
import { createServer } from "node:net";

/**
 * Below the ports that systems give to outgoing connections (from 32768 on): while a server is dead, nobody who tries to
 * reach it takes its port.
 */
const LOWEST = 20_000;
const HIGHEST = 29_999;

/** A loopback TCP port on which a server can listen again and again until it is given back. */
export interface ReservedPort extends AsyncDisposable {
  readonly port: number;
}

/**
 * A port that no other test gets, in this process or another, also while its server is dead: the reservation is the UDP
 * port of the same number, which the system gives to one process at a time and takes back when the process ends.
 */
export async function reservePort(): Promise<ReservedPort> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    const reservation = await reserve(port);
    if (reservation === undefined) continue;
    if (await isFree(port)) return { port, [Symbol.asyncDispose]: () => release(reservation) };
    await release(reservation);
  }
}

async function reserve(port: number): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const socket = createSocket("udp4");
  socket.once("error", () => resolve(undefined));
  socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => resolve(socket));
  return promise;
}

function release(reservation: Socket): Promise<void> {
  return new Promise((resolve) => reservation.close(() => resolve()));
}

async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", () => resolve(false));
  server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  return promise;
}
