import { createServer } from "node:net";
import type { Socket } from "node:net";
import { Arrivals } from "@heliograph/testkit";

/** What a device's connection request server does with one request, byte for byte. */
export interface ScriptedReply {
  readonly bytes: string;
  /** Closes the TCP connection behind the bytes. */
  readonly close?: boolean;
}

export interface ScriptedCpe extends AsyncDisposable {
  readonly port: number;
  /** The heads of the requests that came, in order. */
  readonly requests: Arrivals<string>;
  /** TCP connections so far. */
  readonly connections: number;
}

/** A device's connection request server that says what its test says, one reply for each request; then it is silent. */
export async function openScriptedCpe(
  replies: readonly ScriptedReply[],
  patienceMs?: number,
): Promise<ScriptedCpe> {
  const requests = new Arrivals<string>("a connection request", patienceMs);
  const left = [...replies];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    let received = "";
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      if (!received.includes("\r\n\r\n")) return;
      requests.add(received);
      received = "";
      const reply = left.shift();
      if (reply === undefined) return;
      if (reply.close === true) {
        socket.removeAllListeners("data");
        socket.end(reply.bytes, "latin1", () => socket.destroy());
      } else socket.write(reply.bytes, "latin1");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return {
    port: address.port,
    requests,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}
