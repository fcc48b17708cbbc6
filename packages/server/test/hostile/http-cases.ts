import { setTimeout } from "node:timers/promises";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { informText } from "../envelopes.ts";
import type { Attacker } from "./attacker.ts";
import { tally, type HostileCase } from "./hostile-case.ts";
import { post, type RawPeer } from "./raw-peer.ts";

const MIB = 1024 * 1024;
const GARBAGE = "<garbage>".repeat(8);
const inform = informText({ serial: "http" });

/** A request that has nothing but these header lines and this body. */
function bare(lines: readonly string[], body = ""): string {
  return `POST / HTTP/1.1\r\nHost: acs\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n${body}`;
}

/** Sends bytes one by one on many connections. */
async function dribble(peers: readonly RawPeer[], bytes: Uint8Array, pauseMs: number): Promise<void> {
  for (const byte of bytes) {
    await Promise.all(peers.map((peer) => peer.write(Uint8Array.of(byte))));
    await setTimeout(pauseMs);
  }
}

async function outcomesOf(peers: readonly RawPeer[], replies = 1): Promise<string> {
  return tally(await Promise.all(peers.map((peer) => peer.outcome(replies))));
}

const slow: readonly HostileCase[] = [
  {
    name: "headers on 50 connections, a byte a second",
    lasting: true,
    async attack(attacker) {
      const peers = await attacker.peers(50);
      const begin = performance.now();
      const head = bare(["X-Filler: ".padEnd(100, "x")]);
      for (const byte of Buffer.from(head)) {
        if (peers.every((peer) => peer.hasEnded)) break;
        await Promise.all(peers.map((peer) => peer.write(Uint8Array.of(byte))));
        await Promise.race([setTimeout(1_000), Promise.all(peers.map((peer) => peer.ended(2_000)))]);
      }
      return `${await outcomesOf(peers)} after ${Math.round((performance.now() - begin) / 1_000)} s`;
    },
    expected: /^50 × 408, closed after 1\d s$/,
  },
  {
    name: "bodies on 50 connections, a byte at a time",
    async attack(attacker) {
      const peers = await attacker.peers(50);
      await Promise.all(peers.map((peer) => peer.write(bare([`Content-Length: ${GARBAGE.length}`]))));
      await dribble(peers, Buffer.from(GARBAGE), 5);
      return outcomesOf(peers);
    },
    expected: "50 × 400",
  },
  {
    name: "500 bodies that stop half-way",
    async attack(attacker) {
      const peers = await attacker.peers(500);
      await Promise.all(peers.map((peer) => peer.write(post(inform).subarray(0, -10))));
      return tally(await Promise.all(peers.map((peer) => peer.outcome(1, 1_000))));
    },
    expected: "500 × held",
  },
  {
    name: "2,000 connections that say nothing",
    async attack(attacker) {
      const peers = await attacker.peers(2_000);
      await setTimeout(500);
      return tally(await Promise.all(peers.map((peer) => peer.outcome(1, 100))));
    },
    expected: "2000 × held",
  },
];

const ends: readonly HostileCase[] = [
  {
    name: "no more after half a request, but listening",
    async attack(attacker) {
      const peer = await attacker.peer();
      await peer.write(post(inform).subarray(0, -10));
      peer.finish();
      return peer.outcome();
    },
    expected: "400, closed",
  },
  {
    name: "no more after a whole Inform, but listening",
    async attack(attacker) {
      const peer = await attacker.peer();
      await peer.write(post(inform));
      peer.finish();
      return peer.outcome();
    },
    expected: "200, closed",
  },
  {
    name: "200 resets in the middle of a body",
    async attack(attacker) {
      const peers = await attacker.peers(200);
      await Promise.all(peers.map((peer) => peer.write(post(inform).subarray(0, -10))));
      for (const peer of peers) peer.reset();
      return "gone";
    },
    expected: "gone",
  },
  {
    name: "200 resets right after an Inform",
    async attack(attacker) {
      const peers = await attacker.peers(200);
      await Promise.all(peers.map((peer) => peer.write(post(inform))));
      for (const peer of peers) peer.reset();
      return "gone";
    },
    expected: "gone",
  },
  {
    name: "1,000 requests in one write",
    attack: (attacker) => attacker.sent(post(GARBAGE).toString().repeat(1_000), "southbound", 1_000),
    expected: "1000 times 400",
  },
];

const headers: readonly (readonly [name: string, lines: readonly string[], expected: string | RegExp])[] = [
  ["10,000 cookies", [`Cookie: ${"a=b; ".repeat(10_000)}`], "431, closed"],
  ["1,500 cookies of the session's name", [`Cookie: ${"session=x;".repeat(1_500)}`], "400"],
  ["5,000 header lines", Array<string>(5_000).fill("X: y"), "431, closed"],
  ["a header of 1 MB", [`X: ${"x".repeat(MIB)}`], /^(431, )?closed$/],
  ["a header name with a space", ["X Y: z"], "400, closed"],
  ["a header with NUL", ["X: a\0b"], "400, closed"],
  ["a header that goes on in the next line", ["X: a", " b"], /^400/],
  ["an Expect that nobody knows", ["Expect: 200-ok"], "400"],
  ["an Authorization header of 15 KB", [`Authorization: Digest ${"x=y,".repeat(3_800)}`], "400"],
];

const framings: readonly (readonly [name: string, bytes: string, expected: string | RegExp])[] = [
  ["a Content-Length that is too short", bare(["Content-Length: 5"], GARBAGE), /^(2 times )?400, closed$/],
  ["two Content-Lengths", bare(["Content-Length: 5", "Content-Length: 6"], GARBAGE), "400, closed"],
  ["two Content-Lengths in one line", bare(["Content-Length: 5, 5"], GARBAGE), "400, closed"],
  ["a negative Content-Length", bare(["Content-Length: -1"], GARBAGE), "400, closed"],
  ["a Content-Length with a sign", bare(["Content-Length: +5"], GARBAGE), "400, closed"],
  ["a Content-Length in hexadecimal", bare(["Content-Length: 0x10"], GARBAGE), "400, closed"],
  ["a Content-Length beyond 64 bits", bare([`Content-Length: ${"9".repeat(30)}`]), "400, closed"],
  ["a Content-Length of 1 TB", bare(["Content-Length: 1099511627776"]), "413 with fault 8004, closed"],
  [
    "Content-Length and chunks",
    bare(["Content-Length: 5", "Transfer-Encoding: chunked"], "0\r\n\r\n"),
    "400, closed",
  ],
  [
    "chunks and Content-Length",
    bare(["Transfer-Encoding: chunked", "Content-Length: 5"], "0\r\n\r\n"),
    "400, closed",
  ],
  ["chunks that are not the last encoding", bare(["Transfer-Encoding: chunked, gzip"]), "400, closed"],
  ["an encoding of transfer that nobody knows", bare(["Transfer-Encoding: xchunked"]), "400, closed"],
  ["chunks behind a space before the colon", bare(["Transfer-Encoding : chunked"]), "400, closed"],
  ["a chunk without a size", bare(["Transfer-Encoding: chunked"], "zz\r\nabc\r\n"), "400, closed"],
  ["a chunk of negative size", bare(["Transfer-Encoding: chunked"], "-1\r\nabc\r\n"), "400, closed"],
  [
    "a chunk of 2^64 bytes",
    bare(["Transfer-Encoding: chunked"], "10000000000000000\r\nabc\r\n"),
    "400, closed",
  ],
  [
    "a chunk that is longer than it says",
    bare(["Transfer-Encoding: chunked"], "3\r\nabcdef\r\n0\r\n\r\n"),
    "400, closed",
  ],
  [
    "an extension of a chunk of 64 KB",
    bare(["Transfer-Encoding: chunked"], `1;${"x".repeat(65_536)}\r\na\r\n`),
    "413, closed",
  ],
  ["line ends without CR", "POST / HTTP/1.1\nHost: acs\nContent-Length: 0\n\n", "400, closed"],
  ["no Host", "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "400, closed"],
];

const lines: readonly (readonly [name: string, bytes: string | Uint8Array, expected: string | RegExp])[] = [
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^(400|505), closed$/],
  ["a TLS handshake on the plain port", clientHello(), "400, closed"],
  ["HTTP/0.9", "GET /\r\n\r\n", "405, closed"],
  ["HTTP/9.9", "POST / HTTP/9.9\r\nHost: acs\r\n\r\n", /^(400|505), closed$/],
  ["CONNECT", "CONNECT acs:80 HTTP/1.1\r\nHost: acs\r\n\r\n", "closed"],
  ["TRACE", "TRACE / HTTP/1.1\r\nHost: acs\r\n\r\n", /^405/],
  [
    "a path out of the tree",
    "POST /../../etc/passwd HTTP/1.1\r\nHost: acs\r\nContent-Length: 0\r\n\r\n",
    /^404/,
  ],
  ["a path of 64 KB", `POST /${"a".repeat(65_536)} HTTP/1.1\r\nHost: acs\r\n\r\n`, "431, closed"],
  ["64 KB of NUL", Buffer.alloc(65_536), "400, closed"],
];

const encodings: readonly (readonly [
  name: string,
  encoding: string,
  body: () => Uint8Array,
  expected: string,
])[] = [
  ["a gzip bomb of 256 MB", "gzip", () => gzipSync(Buffer.alloc(256 * MIB)), "413 with fault 8004, closed"],
  [
    "a deflate bomb of 256 MB",
    "deflate",
    () => deflateSync(Buffer.alloc(256 * MIB)),
    "413 with fault 8004, closed",
  ],
  ["a gzip body that breaks off", "gzip", () => gzipSync(inform).subarray(0, -20), "400, closed"],
  ["a gzip body that is none", "gzip", () => Buffer.from(inform), "400, closed"],
  [
    "a gzip body with another behind it",
    "gzip",
    () => Buffer.concat([gzipSync(GARBAGE), gzipSync(GARBAGE)]),
    "400",
  ],
  ["brotli", "br", () => brotliCompressSync(inform), "415, closed"],
  ["gzip in gzip", "gzip, gzip", () => gzipSync(gzipSync(inform)), "415, closed"],
];

/** What HTTP itself can be made to carry: time, ends, headers, lengths, chunks, compression. */
export const httpCases: readonly HostileCase[] = [
  ...slow,
  ...ends,
  ...headers.map(([name, all, expected]) => ({
    name,
    attack: (attacker: Attacker) => attacker.posted(GARBAGE, all),
    expected,
  })),
  ...framings.map(sentAsItIs),
  ...lines.map(sentAsItIs),
  {
    name: "a Content-Length that is too long",
    async attack(attacker) {
      const peer = await attacker.peer();
      await peer.write(bare([`Content-Length: ${GARBAGE.length + 1}`], GARBAGE));
      peer.finish();
      return peer.outcome();
    },
    expected: "400, closed",
  },
  ...encodings.map(([name, encoding, body, expected]) => ({
    name,
    attack: (attacker: Attacker) => attacker.posted(body(), [`Content-Encoding: ${encoding}`]),
    expected,
  })),
  {
    name: "200 gzip bombs at once",
    async attack(attacker) {
      const bomb = post(gzipSync(Buffer.alloc(64 * MIB)), ["Content-Encoding: gzip"]);
      const peers = await attacker.peers(200);
      await Promise.all(peers.map((peer) => peer.write(bomb)));
      return outcomesOf(peers);
    },
    expected: "200 × 413 with fault 8004, closed",
  },
];

function sentAsItIs([name, bytes, expected]: (typeof lines)[number]): HostileCase {
  return { name, attack: (attacker) => attacker.sent(bytes), expected };
}

/** The head of a TLS record with a ClientHello. */
function clientHello(): Uint8Array {
  return Uint8Array.of(0x16, 3, 1, 0, 0xa5, 1, 0, 0, 0xa1, 3, 3, ...Array<number>(34).fill(0));
}
