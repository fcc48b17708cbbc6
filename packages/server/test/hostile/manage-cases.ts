import { envelopeText } from "../envelopes.ts";
import type { Attacker } from "./attacker.ts";
import { tally, type HostileCase } from "./hostile-case.ts";
import { LAUGHS } from "./soap-cases.ts";
import type { StompPeer } from "./stomp-peer.ts";

const KIB = 1024;
const DEVICE = "/device/001122-Box-somebody/requests";
const ask = `SEND\ndestination:${DEVICE}\nmethod:GetRPCMethods\nrequest-id:q\n\n{}\0`;

/** What a manager says whose token is good, and what it gets; `served`: its next question is answered. */
const said: readonly (readonly [name: string, text: () => string, expected: string | RegExp])[] = [
  ["10,000 headers", () => `SEND\n${"a:b\n".repeat(10_000)}\n\0`, "ERROR 1009"],
  ["a frame of 1 MiB and more without its NUL", () => `SEND\n\n${"b".repeat(1_100 * KIB)}`, "ERROR 1009"],
  ["10,000 transactions", () => begun(10_000), "ERROR 1009"],
  ["a transaction of 10,000 frames", () => transaction(10_000), "ERROR 1009"],
  ["10,000 questions at once, to a device that there is not", () => ask.repeat(10_000), "served"],
  ["the calls of a device", () => "SUBSCRIBE\nid:x\ndestination:/requests\n\n\0", "ERROR 1003"],
  ["an answer to a device's call", () => "SEND\ndestination:/responses\nrequest-id:a\n\n{}\0", "ERROR 1003"],
  ["a key with dots and stars", () => ask.replace(DEVICE, "/device/*.>/requests"), "ERROR 1003"],
  ["an entity bomb", () => inXml(`<!DOCTYPE a [${LAUGHS}]><a>&l9;</a>`), "served"],
  ["an envelope nested 50,000 deep", () => inXml(deep(50_000)), "served"],
  ["JSON nested 100,000 deep", () => ask.replace("{}", "[".repeat(100_000)), "served"],
];

/** What is said by somebody without a token. */
const early: readonly (readonly [name: string, text: string, expected: string])[] = [
  ["a question before CONNECT", ask, "ERROR 1003"],
  ["a token that is none", "CONNECT\naccept-version:1.2\npasscode:no\n\n\0", "ERROR 4001"],
  ["no token", "CONNECT\naccept-version:1.2\n\n\0", "ERROR 4001"],
];

/** What somebody can do to the ACS by the managers' WebSocket. */
export const manageCases: readonly HostileCase[] = [
  ...said.map(([name, text, expected]) => ({
    name: `a manager: ${name}`,
    async attack(attacker: Attacker) {
      const peer = await opened(attacker);
      const bytes = Buffer.from(text());
      for (let at = 0; at < bytes.length; at += 500 * KIB)
        await peer.write(bytes.subarray(at, at + 500 * KIB));
      await peer.write(ask.replace("request-id:q", "request-id:still-there"));
      return peer.outcome();
    },
    expected,
  })),
  ...early.map(([name, text, expected]) => ({
    name: `at the managers' door: ${name}`,
    async attack(attacker: Attacker) {
      const peer = await attacker.manager();
      await peer.write(text);
      return peer.outcome();
    },
    expected,
  })),
  {
    name: "at the managers' door: 100 sockets that say nothing",
    async attack(attacker) {
      const outcomes: string[] = [];
      for (let count = 0; count < 100; count += 1) outcomes.push(await entered(attacker));
      return tally(outcomes);
    },
    expected: "50 × 503; 50 × waits",
  },
  {
    name: "at the managers' door: a wrong token",
    attack: (attacker) => entered(attacker, "wrong"),
    expected: "401",
  },
];

async function opened(attacker: Attacker): Promise<StompPeer> {
  const peer = await attacker.manager(attacker.target.server.life.token);
  await peer.write("CONNECT\naccept-version:1.2\n\n\0");
  await peer.connected();
  await peer.write("SUBSCRIBE\nid:a\ndestination:/user/responses\n\n\0");
  return peer;
}

async function entered(attacker: Attacker, token?: string): Promise<string> {
  try {
    await attacker.manager(token);
    return "waits";
  } catch (error) {
    return /HTTP\/1.1 (\d{3})/.exec(String(error))?.[1] ?? String(error);
  }
}

function begun(count: number): string {
  return Array.from({ length: count }, (_, at) => `BEGIN\ntransaction:${at}\n\n\0`).join("");
}

function transaction(count: number): string {
  return `BEGIN\ntransaction:t\n\n\0${ask.replace("\n\n", "\ntransaction:t\n\n").repeat(count)}`;
}

function deep(levels: number): string {
  return envelopeText("<a>".repeat(levels) + "</a>".repeat(levels));
}

function inXml(envelope: string): string {
  return `SEND\ndestination:${DEVICE}\nrequest-id:q\ncontent-type:text/xml\n\n${envelope}\0`;
}
