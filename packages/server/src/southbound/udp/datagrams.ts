import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv4 } from "node:net";
import type { Address } from "../listener.ts";
import { plainAddress } from "../address.ts";

/** A UDP socket. */
export interface Datagrams {
  readonly address: Address;
  /** Whether more waits to be sent than there is room for: what can be left out is left out then. */
  readonly isBusy: boolean;
  /** Resolves once the system has taken it, which says nothing of its arrival; rejects where it does not. */
  send(bytes: Uint8Array, to: Address): Promise<void>;
  /** Receives nothing more. Closing twice is no error. */
  close(): Promise<void>;
}

/** One datagram, and where it says it came from, in plain form: anybody can write anything there. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: Address;
}

const MAX_QUEUED_BYTES = 1024 * 1024;

/** Listens for datagrams; port 0 takes any free one. Rejects where the address cannot be listened on. */
export async function openDatagrams(at: Address, receive: (datagram: Datagram) => void): Promise<Datagrams> {
  const isWide = at.host.includes(":");
  const socket = createSocket({ type: isWide ? "udp6" : "udp4" });
  const listening = once(socket, "listening");
  socket.bind(at.port, at.host);
  try {
    await listening;
  } catch (error) {
    socket.close();
    throw error;
  }
  // What goes wrong with one datagram, goes wrong with that one.
  socket.on("error", () => undefined);
  socket.on("message", (bytes, { address, port }) => {
    const host = plainAddress(address);
    if (host !== undefined) receive({ bytes, from: { host, port } });
  });
  let closed: Promise<void> | undefined;
  return {
    address: { host: at.host, port: socket.address().port },
    get isBusy() {
      return socket.getSendQueueSize() > MAX_QUEUED_BYTES;
    },
    send: async (bytes, { host, port }) => {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      socket.send(bytes, port, isWide && isIPv4(host) ? `::ffff:${host}` : host, (error) => {
        if (error === null) resolve(undefined);
        else reject(error);
      });
      await promise;
    },
    close: async () => {
      closed ??= new Promise((resolve) => socket.close(resolve));
      await closed;
    },
  };
}
