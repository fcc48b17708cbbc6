import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { Attacker } from "./attacker.ts";
import { tally, type HostileCase } from "./hostile-case.ts";
import { post } from "./raw-peer.ts";

const GARBAGE = "<garbage/>";

/** What can be done to the door with TLS before anybody speaks HTTP, and after. */
export const tlsCases: readonly HostileCase[] = [
  {
    name: "plain HTTP on the TLS port",
    attack: (attacker) => barely(attacker, post(GARBAGE)),
    expected: "closed",
  },
  {
    name: "64 KB of noise on the TLS port",
    attack: (attacker) => barely(attacker, Buffer.alloc(65_536, "noise")),
    expected: "closed",
  },
  {
    name: "200 TLS handshakes that stop half-way",
    lasting: true,
    async attack(attacker) {
      const begin = performance.now();
      const peers = await Promise.all(
        Array.from({ length: 200 }, () => attacker.bare(attacker.target.securePort)),
      );
      await Promise.all(peers.map((peer) => peer.write(HALF_HELLO)));
      await Promise.all(peers.map((peer) => peer.ended(20_000)));
      const seconds = Math.round((performance.now() - begin) / 1_000);
      return `${tally(await Promise.all(peers.map((peer) => peer.outcome(1, 0))))} after ${seconds} s`;
    },
    expected: /^200 × closed after 1\d s$/,
  },
  {
    name: "300 TLS handshakes at once, each by a new connection",
    async attack(attacker) {
      const peers = await attacker.peers(300, "secure");
      await Promise.all(peers.map((peer) => peer.write(post(GARBAGE))));
      return tally(await Promise.all(peers.map((peer) => peer.outcome())));
    },
    expected: "300 × 400 with fault 8003",
  },
  {
    name: "TLS 1.1",
    attack: (attacker) =>
      handshake(attacker, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }),
    expected: "refused",
  },
  {
    name: "ten renegotiations",
    attack: renegotiate,
    expected: "refused at the first time",
  },
];

/** The head of a record that says it has more than comes. */
const HALF_HELLO = Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0);

async function barely(attacker: Attacker, bytes: Uint8Array): Promise<string> {
  const peer = await attacker.bare(attacker.target.securePort);
  await peer.write(bytes);
  return peer.outcome();
}

async function handshake(attacker: Attacker, options: ConnectionOptions): Promise<string> {
  try {
    (await shaken(attacker, options)).destroy();
    return "taken";
  } catch {
    return "refused";
  }
}

async function shaken({ target }: Attacker, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({
    host: "127.0.0.1",
    port: target.securePort,
    rejectUnauthorized: false,
    ...options,
  });
  await once(socket, "secureConnect");
  return socket;
}

const PATIENCE_MS = 500;
const TIMES = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

async function renegotiate(attacker: Attacker): Promise<string> {
  const socket = await shaken(attacker, { maxVersion: "TLSv1.2" });
  socket.on("error", () => undefined);
  try {
    for (const time of TIMES) if (!(await isRenegotiated(socket))) return `refused at the ${time} time`;
    return "done ten times";
  } finally {
    socket.destroy();
  }
}

/** A server that does not renegotiate says nothing to it. */
async function isRenegotiated(socket: TLSSocket): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once("close", () => resolve(false));
  socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error === null));
  return Promise.race([promise, setTimeout(PATIENCE_MS, false)]);
}
