import { informText } from "../envelopes.ts";
import { upgrade, type Attacker, type Door } from "./attacker.ts";
import { tally, type HostileCase } from "./hostile-case.ts";
import { post, type RawPeer } from "./raw-peer.ts";

interface Flood {
  readonly door?: Door;
  /** Another address of this machine to come from, where the server counts what came from one. */
  readonly from?: string;
  /** Connections at once. */
  readonly abreast: number;
  readonly requests: number;
  readonly bytes: (at: number) => Uint8Array | string;
}

/** Sends requests one after the other on several connections, which are opened anew where the server closes them. */
async function flood(attacker: Attacker, { door, from, abreast, requests, bytes }: Flood): Promise<string> {
  const outcomes: string[] = [];
  const connect = (): Promise<RawPeer> => attacker.peer(door, from === undefined ? {} : { from });
  let next = 0;
  const send = async (): Promise<void> => {
    let peer = await connect();
    for (let at = next++; at < requests; at = next++) {
      if (CLOSES.test(peer.text)) peer = await connect();
      const before = peer.statuses.length;
      await peer.write(bytes(at));
      await peer.replies(before + 1);
      outcomes.push(peer.statuses[before] ?? "nothing");
    }
  };
  await Promise.all(Array.from({ length: abreast }, send));
  return tally(outcomes);
}

const CLOSES = /^Connection: close\r$/im;
const ELSEWHERE = "127.0.0.2";
/** Strangers all; on a machine that is too busy for them some are told to come again. */
const REFUSED = /^(?:3000 × 401|\d+ × 401; \d+ × 503)$/;

/** Much of what is refused one by one. */
export const floodCases: readonly HostileCase[] = [
  {
    name: "3,000 empty POSTs of nobody",
    attack: (attacker) => flood(attacker, { abreast: 100, requests: 3_000, bytes: () => post("") }),
    expected: REFUSED,
  },
  {
    name: "3,000 Informs with wrong credentials",
    async attack(attacker) {
      const { serial } = await attacker.victim();
      const wrong = post(informText({ serial }), [`Authorization: ${WRONG}`]);
      return flood(attacker, { abreast: 100, requests: 3_000, bytes: () => wrong });
    },
    expected: REFUSED,
  },
  {
    name: "2,000 handshakes with tokens that another key signed",
    async attack(attacker) {
      const { key } = await attacker.victim();
      const token = await attacker.mint({ device: key }, "66".repeat(32));
      return flood(attacker, { abreast: 50, requests: 2_000, bytes: () => upgrade(token) });
    },
    expected: "2000 × 401",
  },
  {
    name: "2,000 requests of managers with wrong tokens",
    attack: (attacker) =>
      flood(attacker, {
        door: "northbound",
        from: ELSEWHERE,
        abreast: 50,
        requests: 2_000,
        bytes: () => "GET /api/v1/devices HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer x\r\n\r\n",
      }),
    expected: "10 × 401; 1990 × 429",
  },
  {
    name: "2,000 requests of managers without a token",
    attack: (attacker) =>
      flood(attacker, {
        door: "northbound",
        abreast: 50,
        requests: 2_000,
        bytes: () => "GET /api/v1/devices HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
      }),
    expected: "2000 × 401",
  },
  {
    name: "2,000 connections, opened and reset",
    async attack(attacker) {
      for (let round = 0; round < 10; round += 1) {
        for (const peer of await attacker.peers(200)) peer.reset();
      }
      return "gone";
    },
    expected: "gone",
  },
];

const WRONG =
  'Digest username="x", realm="Heliograph", nonce="0", uri="/", response="00000000000000000000000000000000", ' +
  'algorithm=MD5, qop=auth, nc=00000001, cnonce="0"';
