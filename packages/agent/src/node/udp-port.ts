import { createSocket } from "node:dgram";
import type { StunAddress } from "@heliograph/protocol";

/** What a device sends datagrams from, and gets them at. */
export interface UdpPort {
  /** The device's own idea of its address; port 0 until anything was sent. */
  readonly local: StunAddress;
  /** Datagrams get lost: nobody is told of that. */
  send(bytes: Uint8Array, to: StunAddress): void;
  /** What comes from now on is the listener's; there is one. */
  listen(listener: (bytes: Uint8Array) => void): void;
  close(): void;
}

/** Opens any free port of that address of this machine. */
export function openUdpPort(host: string): UdpPort {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  let isBound = false;
  socket.on("listening", () => {
    isBound = true;
  });
  socket.on("error", () => undefined);
  socket.bind(0, host);
  return {
    get local() {
      return { address: host, port: isBound ? socket.address().port : 0 };
    },
    send: (bytes, { address, port }) => {
      socket.send(bytes, port, address, () => undefined);
    },
    listen: (listener) => void socket.on("message", listener),
    close: () => void socket.close(),
  };
}
