import { createServer } from "node:net";

/**
 * Below the ports that systems give to outgoing connections (from 32768 on): while a server is dead, nobody who tries to
 * reach it takes its port.
 */
const LOWEST = 20_000;
const HIGHEST = 29_999;

/** A loopback port on which a server can listen again and again. */
export async function listeningPort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", () => resolve(false));
  server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  return promise;
}
