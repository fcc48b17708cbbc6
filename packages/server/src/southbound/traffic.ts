import type { Server, Socket } from "node:net";

/** What goes over the connections that a server took. */
export interface Traffic {
  /** Those that are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** Since it began to listen, with TLS and HTTP around them. */
  readonly bytes: { readonly in: number; readonly out: number };
}

/** Counts from now on. What is open is added up only when somebody asks. */
export function trafficOf(server: Server): Traffic {
  const open = new Set<Socket>();
  const closed = { in: 0, out: 0 };
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      closed.in += socket.bytesRead;
      closed.out += socket.bytesWritten;
    });
  });
  return {
    sockets: open,
    get bytes() {
      const bytes = { ...closed };
      for (const { bytesRead, bytesWritten } of open) {
        bytes.in += bytesRead;
        bytes.out += bytesWritten;
      }
      return bytes;
    },
  };
}
