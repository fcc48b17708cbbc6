import { createSocket } from "node:dgram";
import type { DeviceClock } from "@heliograph/agent";
import type { SharedConnectionRequests, UdpPort } from "@heliograph/agent/node";
import type { StunAddress } from "@heliograph/protocol";

/** How long a NAT remembers that a datagram went out; most routers do not do it for longer. */
const BINDING_MS = 60_000;
/** The port that every device behind it uses. */
const INSIDE_PORT = 7547;

export interface NatOptions {
  readonly clock: DeviceClock;
  readonly bindingMs?: number;
}

/** What a device behind it has. */
export interface BehindNat {
  readonly port: UdpPort;
  /** Where it takes connection requests by HTTP, as it thinks: none comes. */
  readonly listener: SharedConnectionRequests;
}

/**
 * A NAT as the hard ones are: what is behind it has addresses that lead nowhere, its datagrams leave by a port of their own,
 * and only from where it sent one lately is one let in. Of TCP nothing is let in at all.
 */
export class SimulatedNat {
  readonly #clock: DeviceClock;
  readonly #bindingMs: number;
  #hosts = 1;
  #blocked = 0;

  constructor({ clock, bindingMs = BINDING_MS }: NatOptions) {
    this.#clock = clock;
    this.#bindingMs = bindingMs;
  }

  /** Datagrams that were not let in. */
  get blocked(): number {
    return this.#blocked;
  }

  /** One more device behind it; its datagrams leave by loopback. */
  open(): BehindNat {
    this.#hosts += 1;
    const local = { address: insideAddress(this.#hosts), port: INSIDE_PORT };
    const url = `http://${local.address}:${local.port}/`;
    const listener: SharedConnectionRequests = {
      accept: () => ({ url, close: () => undefined }),
      close: () => Promise.resolve(),
    };
    return { port: this.#port(local), listener };
  }

  #port(local: StunAddress): UdpPort {
    const outside = createSocket("udp4");
    const bindings = new Map<string, number>();
    outside.on("error", () => undefined);
    outside.bind(0, "127.0.0.1");
    return {
      local,
      send: (bytes, to) => {
        bindings.set(nameOf(to), this.#clock.now() + this.#bindingMs);
        outside.send(bytes, to.port, to.address, () => undefined);
      },
      listen: (listener) => {
        outside.on("message", (bytes, from) => {
          if ((bindings.get(nameOf(from)) ?? 0) > this.#clock.now()) listener(bytes);
          else this.#blocked += 1;
        });
      },
      close: () => void outside.close(),
    };
  }
}

function nameOf({ address, port }: StunAddress): string {
  return `${address} ${port}`;
}

/** One of those that every home has [RFC 1918]. */
function insideAddress(host: number): string {
  return `10.${(host >> 16) & 0xff}.${(host >> 8) & 0xff}.${host & 0xff}`;
}
