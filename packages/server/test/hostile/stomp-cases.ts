import { envelopeText } from "../envelopes.ts";
import type { Attacker } from "./attacker.ts";
import { tally, type HostileCase } from "./hostile-case.ts";
import { LAUGHS } from "./soap-cases.ts";
import type { StompPeer, StompWay } from "./stomp-peer.ts";

const KIB = 1024;
/** Whoever said too much is served again as soon as time has passed. */
const SLOWED = /^(fault 8004|served)$/;
const ask = "SEND\ndestination:/requests\nmethod:GetRPCMethods\nrequest-id:d\n\n{}\0";
const elsewhere = "/device/001122-Box-somebody-else";

/** What is said in a session that is open, and what the next question then gets. */
const said: readonly (readonly [name: string, text: () => string | Uint8Array, expected: string | RegExp])[] =
  [
    ["10,000 headers", () => `SEND\n${"a:b\n".repeat(10_000)}\n\0`, "ERROR 1009"],
    ["a header of 100 KB", () => `SEND\na:${"b".repeat(100 * KIB)}\n\n\0`, "ERROR 1009"],
    ["a frame of 1 MiB and more without its NUL", () => `SEND\n\n${"b".repeat(1_100 * KIB)}`, "ERROR 1009"],
    ["a content-length that is too short", () => "SEND\ncontent-length:1\n\nbbb\0", "ERROR 1003"],
    ["a content-length of 10 GB", () => "SEND\ncontent-length:9999999999\n\n", "ERROR 1009"],
    ["10,000 transactions", () => begun(10_000), "ERROR 1009"],
    ["a transaction of 10,000 frames", () => transaction(10_000), "ERROR 1009"],
    ["10,000 subscriptions", () => subscribed(10_000), "ERROR 1003"],
    ["10,000 questions at once", () => ask.repeat(10_000), /^(fault 8004|served|ERROR 1008|ERROR 4\d\d\d)$/],
    ["10,000 ends of lines", () => "\n".repeat(10_000), SLOWED],
    ["CONNECT again", () => "CONNECT\naccept-version:1.2\n\n\0", "ERROR 1003"],
    ["a frame of the server's", () => "MESSAGE\n\n\0", "ERROR 1003"],
    ["a question to another device", () => `SEND\ndestination:${elsewhere}/requests\n\n\0`, "ERROR 1003"],
    ["the calls of another", () => `SUBSCRIBE\nid:x\ndestination:${elsewhere}/requests\n\n\0`, "ERROR 1003"],
    ["a header that is no UTF-8", () => Buffer.of(...Buffer.from("SEND\na:"), 0xff, 10, 10, 0), "ERROR 1003"],
    ["an escape that there is not", () => "SEND\ndestination:/requests\na:\\t\n\n\0", "ERROR 1003"],
    ["an ACK of what never was", () => "ACK\nid:1\n\n\0", "ERROR 1003"],
    [
      "an answer to a call that nobody made",
      () => "SEND\ndestination:/responses\nrequest-id:a1\n\n{}\0",
      "served",
    ],
    ["an entity bomb", () => inXml(`<!DOCTYPE a [${LAUGHS}]><a>&l9;</a>`), "served"],
    [
      "an envelope nested 50,000 deep",
      () => inXml(envelopeText("<a>".repeat(50_000) + "</a>".repeat(50_000))),
      "served",
    ],
    ["JSON nested 100,000 deep", () => ask.replace("{}", "[".repeat(100_000)), "served"],
  ];

/** What is said before any session is open, and what it gets; a connection by WebSocket has shown its token by then. */
const early: readonly (readonly [name: string, text: string, expected: string])[] = [
  ["HTTP", "GET / HTTP/1.1\r\nHost: acs\r\n\r\n", "ERROR 1003"],
  ["a TLS handshake", "\x16\x03\x01\n\n\0", "ERROR 1003"],
  ["20 KB of headers", `CONNECT\n${`a:${"x".repeat(1_000)}\n`.repeat(20)}`, "ERROR 1009"],
  ["a token that is none", "CONNECT\naccept-version:1.2\npasscode:no\n\n\0", "ERROR 4001"],
  ["no token", "CONNECT\naccept-version:1.2\n\n\0", "ERROR 4001"],
  ["a version that there is not", "CONNECT\naccept-version:9.9\n\n\0", "ERROR 1003"],
  ["CONNECT twice", "CONNECT\npasscode:no\n\n\0CONNECT\npasscode:no\n\n\0", "ERROR 1003"],
];

const waiting: readonly HostileCase[] = [
  {
    name: "STOMP by TCP: 300 connections that say nothing",
    async attack(attacker) {
      const peers: StompPeer[] = [];
      for (let count = 0; count < 300; count += 1) peers.push(await attacker.stomp("tcp", ""));
      const refused = await Promise.all(peers.slice(-20).map((peer) => peer.outcome()));
      return tally(refused);
    },
    expected: "20 × ERROR 1001",
  },
  {
    name: "STOMP by TCP: a CONNECT that never ends",
    async attack(attacker) {
      const peer = await attacker.stomp("tcp", "");
      for (let piece = 0; piece < 4; piece += 1) {
        await peer.write("CONNECT\na");
        const outcome = await peer.outcome();
        if (outcome !== "still open") return outcome;
      }
      return "still open";
    },
    expected: "ERROR 1003",
    lasting: true,
  },
  {
    name: "STOMP by TCP: a token of the ACS's own making for a device that there is not",
    async attack(attacker) {
      const { key } = await attacker.victim();
      await attacker.client.devices.remove(key);
      const token = await attacker.mint({ device: key });
      const peer = await attacker.stomp("tcp", "");
      await peer.write(`CONNECT\naccept-version:1.2\npasscode:${token}\n\n\0`);
      return peer.outcome();
    },
    expected: "ERROR 4001",
  },
];

/** What somebody can do to the ACS by STOMP, on a WebSocket or without. */
export const stompCases: readonly HostileCase[] = [
  ...said.flatMap(([name, text, expected]) =>
    (["websocket", "tcp"] as const).map((by) => ({
      name: `STOMP by ${by}: ${name}`,
      attack: async (attacker: Attacker) => (await opened(attacker, by, text())).standing(),
      expected,
    })),
  ),
  ...early.map(([name, text, expected]) => ({
    name: `STOMP by TCP, before the session: ${name}`,
    async attack(attacker: Attacker) {
      const peer = await attacker.stomp("tcp", "");
      await peer.write(text);
      return peer.outcome();
    },
    expected,
  })),
  ...(["websocket", "tcp"] as const).flatMap((by) => [
    {
      name: `STOMP by ${by}: heart-beats every millisecond`,
      async attack(attacker: Attacker) {
        const { token } = await attacker.victim();
        const peer = await attacker.stomp(by, token);
        await peer.begin(token, "1,1");
        return peer.standing();
      },
      expected: "served",
    },
    {
      name: `STOMP by ${by}: 300 questions, and nothing read before the last`,
      async attack(attacker: Attacker) {
        const peer = await opened(attacker, by, "");
        peer.stopReading();
        await peer.write(ask.repeat(300));
        return peer.standing();
      },
      expected: SLOWED,
    },
  ]),
  ...waiting,
];

async function opened(attacker: Attacker, by: StompWay, text: string | Uint8Array): Promise<StompPeer> {
  const { token } = await attacker.victim();
  const peer = await attacker.stomp(by, token);
  await peer.begin(token);
  const bytes = Buffer.from(text);
  // By WebSocket, too, a frame may be longer than a message.
  for (let at = 0; at < bytes.length; at += 500 * KIB) await peer.write(bytes.subarray(at, at + 500 * KIB));
  return peer;
}

function begun(count: number): string {
  return Array.from({ length: count }, (_, at) => `BEGIN\ntransaction:${at}\n\n\0`).join("");
}

function transaction(count: number): string {
  const frame = "SEND\ndestination:/requests\nmethod:Kicked\ntransaction:t\n\n{}\0";
  return `BEGIN\ntransaction:t\n\n\0${frame.repeat(count)}`;
}

function subscribed(count: number): string {
  const one = (at: number): string => `SUBSCRIBE\nid:${at}\ndestination:/responses\n\n\0`;
  return Array.from({ length: count }, (_, at) => one(at)).join("");
}

function inXml(envelope: string): string {
  return `SEND\ndestination:/requests\nrequest-id:d\ncontent-type:text/xml\n\n${envelope}\0`;
}
