import type { DeviceKey, JsonObject } from "@heliograph/protocol";
import { frame, opcodes } from "../light-gateway-wire.ts";
import type { Attacker } from "./attacker.ts";
import { tally, type HostileCase } from "./hostile-case.ts";
import type { LightPeer } from "./light-peer.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const { binary, close, continuation, ping, pong } = opcodes;
/** Whoever said too much is served again as soon as time has passed. */
const SLOWED = /^(fault 8004|served)$/;
/** In the first byte of a frame. */
const RESERVED = 0x40;

const frames: readonly (readonly [name: string, bytes: () => Buffer, expected: string | RegExp])[] = [
  ["a message in 100,000 pieces of a byte", () => fragments(100_000), "closed with 1008"],
  ["a message in 10,000 empty pieces", () => emptyFragments(10_000), "served"],
  ["a frame that says it has 1 MiB and a byte", () => frame("", { length: MIB + 1 }), "closed with 1009"],
  ["a frame that says it has 2^53 bytes", () => frame("", { length: 2 ** 53 }), "closed with 1009"],
  ["a frame that says it has 2^63 bytes", () => lying(), /^closed with 10(02|09)$/],
  [
    "a message over the limit in pieces",
    () =>
      Buffer.concat([
        frame("x".repeat(600 * KIB), { fin: false }),
        frame("x".repeat(600 * KIB), { opcode: continuation }),
      ]),
    "closed with 1009",
  ],
  ["a binary message", () => frame("{}", { opcode: binary }), "closed with 1003"],
  ["a text that is no UTF-8", () => frame(Buffer.from([0xc3, 0x28])), "closed with 1007"],
  ["half a surrogate in UTF-8", () => frame(Buffer.from([0xed, 0xa0, 0x80])), "closed with 1007"],
  ["a frame without a mask", () => frame("{}", { masked: false }), "closed with 1002"],
  ["a frame that says it is compressed", () => frame("{}", { opcode: RESERVED | 1 }), "closed with 1002"],
  ["the second reserved bit", () => frame("{}", { opcode: 0x21 }), "closed with 1002"],
  ["the third reserved bit", () => frame("{}", { opcode: 0x11 }), "closed with 1002"],
  ["a frame of reserved kind 3", () => frame("{}", { opcode: 3 }), "closed with 1002"],
  ["a frame of reserved kind 15", () => frame("", { opcode: 15 }), "closed with 1002"],
  ["a continuation of nothing", () => frame("{}", { opcode: continuation }), "closed with 1002"],
  [
    "a message in the middle of another",
    () => Buffer.concat([frame("{", { fin: false }), frame("{}")]),
    "closed with 1002",
  ],
  ["a ping in pieces", () => frame("", { opcode: ping, fin: false }), "closed with 1002"],
  ["a ping of 126 bytes", () => frame("x".repeat(126), { opcode: ping }), "closed with 1002"],
  ["a close of one byte", () => frame("x", { opcode: close }), "closed with 1002"],
  ["a close with code 1005", () => closed(1005), "closed with 1002"],
  ["a close with code 65535", () => closed(65_535), "closed with 1002"],
  ["a close whose reason is no UTF-8", () => closed(1000, [0xff, 0xff]), "closed with 1007"],
  ["a close with a code of our own", () => closed(4000), "closed with 4000"],
  ["10,000 pings", () => repeated(frame("ping", { opcode: ping }), 10_000), "cut"],
  ["10,000 pongs that nobody asked for", () => repeated(frame("pong", { opcode: pong }), 10_000), SLOWED],
  ["10,000 empty messages", () => repeated(frame(""), 10_000), SLOWED],
];

const tokens: readonly (readonly [name: string, text: () => string, expected: string | RegExp])[] = [
  ["what is no JSON", () => "hello", "closed with 1003"],
  ["JSON that breaks off", () => '{"jsonrpc":"2.0","id":', "closed with 1003"],
  ["lists nested 100,000 deep", () => deep("[", "]", 100_000), "served"],
  ["objects nested 50,000 deep", () => `${'{"a":'.repeat(50_000)}0${"}".repeat(50_000)}`, "served"],
  ["lists nested 50,000 deep in params", () => asked(`{"X":${deep("[", "]", 50_000)}}`), "served"],
  ["a number beyond any", () => asked('{"X":1e400}'), "served"],
  ["an integer of 100,000 digits", () => asked(`{"X":${"9".repeat(100_000)}}`), "served"],
  ["the same key twice", () => asked('{"X":1,"X":2}'), "served"],
  ["__proto__", () => asked('{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}'), "served"],
  [
    "100,000 keys",
    () => asked(`{${Array.from({ length: 80_000 }, (_, at) => `"k${at}":0`).join(",")}}`),
    "served",
  ],
  ["a key of 900 KB", () => asked(`{"${"k".repeat(900 * KIB)}":0}`), "served"],
  [
    "an id of 900 KB",
    () => `{"jsonrpc":"2.0","id":"${"x".repeat(900 * KIB)}","method":"GetRPCMethods"}`,
    "served",
  ],
  ["a method of 900 KB", () => `{"jsonrpc":"2.0","id":1,"method":"${"x".repeat(900 * KIB)}"}`, "served"],
  ["an id that is an object", () => '{"jsonrpc":"2.0","id":{},"method":"GetRPCMethods"}', "served"],
  ["half a surrogate", () => asked('{"X":"\\ud800"}'), "served"],
  [
    "a batch of 20,000",
    () => `[${Array(20_000).fill('{"jsonrpc":"2.0","id":1,"method":"X"}').join()}]`,
    "served",
  ],
  ["an Inform of somebody else", () => request("Inform", informOf("somebody-else")), "closed with 4501"],
  ["an Attach that wants all there is", () => request("Attach", GREEDY), "served"],
  ["an answer to a call that nobody made", () => '{"jsonrpc":"2.0","id":"a1","result":{}}', "served"],
];

const floods: readonly HostileCase[] = [
  {
    name: "100,000 answers to calls that nobody made",
    async attack(attacker) {
      const peer = await attacker.stolenSocket();
      await peer.write(repeated(frame('{"jsonrpc":"2.0","id":"a1","result":{}}'), 100_000));
      return peer.standing();
    },
    expected: SLOWED,
  },
  {
    name: "ten times Attach",
    async attack(attacker) {
      const peer = await attacker.stolenSocket();
      for (let count = 0; count < 10; count += 1) await peer.frame(request("Attach", {}, count));
      const answers: string[] = [];
      while (answers.length < 10)
        answers.push((await peer.hear()).includes('"result"') ? "attached" : "refused");
      return `${tally(answers)}, then ${await peer.standing()}`;
    },
    expected: "10 × attached, then served",
  },
  {
    name: "2,000 Informs over one socket",
    async attack(attacker) {
      const { token, serial } = await attacker.victim();
      const peer = await attacker.webSocket(token);
      const informs = Array.from({ length: 2_000 }, (_, at) =>
        frame(request("Inform", informOf(serial), at)),
      );
      await peer.write(Buffer.concat(informs));
      const answers: string[] = [];
      while (answers.length < 2_000) answers.push(codeOf(await peer.hear()));
      return [...new Set(answers)].toSorted().join(" or ");
    },
    expected: "8004 or answered",
  },
  {
    name: "ten sockets that do not read what they are sent, and then do",
    async attack(attacker) {
      const peers: LightPeer[] = [];
      const keys: DeviceKey[] = [];
      const params = { Text: "x".repeat(900 * KIB) };
      for (let count = 0; count < 10; count += 1) {
        const { key, token } = await attacker.victim();
        const peer = await attacker.webSocket(token);
        await peer.frame(request("Attach", { MaxInFlight: 16 }));
        await peer.hear();
        peer.stopReading();
        peers.push(peer);
        keys.push(key);
        for (let call = 0; call < 3; call += 1) {
          await attacker.client.operations.create(key, { method: "X_001122_Long", params });
        }
      }
      const outcome = tally(await Promise.all(peers.map((peer) => peer.standing())));
      // With them go the calls that they did not answer.
      for (const key of keys) await attacker.client.devices.remove(key);
      return outcome;
    },
    expected: "10 × served",
  },
  {
    name: "messages of 900 KB on ten sockets that come to no end",
    async attack(attacker) {
      const peers = await Promise.all(Array.from({ length: 10 }, () => attacker.stolenSocket()));
      await Promise.all(peers.map((peer) => peer.frame("x".repeat(900 * KIB), { fin: false })));
      return tally(await Promise.all(peers.map((peer) => peer.pong())));
    },
    expected: "10 × pong",
  },
];

/** What a device with a good token can do to its light connection. */
export const lightCases: readonly HostileCase[] = [
  ...frames.map(([name, bytes, expected]) => onStolenSocket({ name, bytes, expected })),
  ...tokens.map(([name, text, expected]) => onStolenSocket({ name, bytes: () => frame(text()), expected })),
  ...floods,
];

interface Written {
  readonly name: string;
  readonly bytes: () => Uint8Array;
  readonly expected: string | RegExp;
}

function onStolenSocket({ name, bytes, expected }: Written): HostileCase {
  const attack = async (attacker: Attacker): Promise<string> => {
    const peer = await attacker.stolenSocket();
    await peer.write(bytes());
    return peer.standing();
  };
  return { name, attack, expected };
}

const GREEDY = {
  MaxInFlight: Number.MAX_SAFE_INTEGER,
  MaxMessageBytes: Number.MAX_SAFE_INTEGER,
  ReplayWindow: Number.MAX_SAFE_INTEGER,
};

function request(method: string, params: JsonObject, id: number | string = "d1"): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

/** A request whose params are written as they are. */
function asked(params: string): string {
  return `{"jsonrpc":"2.0","id":"d1","method":"X_001122_Odd","params":${params}}`;
}

function deep(open: string, shut: string, levels: number): string {
  return open.repeat(levels) + shut.repeat(levels);
}

function informOf(serial: string): JsonObject {
  return {
    DeviceId: { Manufacturer: "Maker", OUI: "001122", ProductClass: "Box", SerialNumber: serial },
    Event: [{ EventCode: "2 PERIODIC", CommandKey: "" }],
    MaxEnvelopes: 1,
    CurrentTime: "2026-01-01T00:00:00Z",
    RetryCount: 0,
    ParameterList: {},
  };
}

function codeOf(answer: string): string {
  return /"code":(-?\d+)/.exec(answer)?.[1] ?? "answered";
}

function repeated(bytes: Buffer, times: number): Buffer {
  return Buffer.concat(Array<Buffer>(times).fill(bytes));
}

function fragments(count: number): Buffer {
  const piece = frame("x", { opcode: continuation, fin: false });
  return Buffer.concat([frame("x", { fin: false }), repeated(piece, count)]);
}

/** An honest message, with nothing in between. */
function emptyFragments(count: number): Buffer {
  const piece = frame("", { opcode: continuation, fin: false });
  const text = request("GetRPCMethods", {});
  const [head, tail] = [text.slice(0, 10), text.slice(10)];
  return Buffer.concat([
    frame(head, { fin: false }),
    repeated(piece, count),
    frame(tail, { opcode: continuation }),
  ]);
}

/** With the highest bit of its length set, which no frame may have [RFC 6455 5.2]. */
function lying(): Buffer {
  const bytes = frame("", { length: 2 ** 40 });
  bytes[2] = 0x80;
  return bytes;
}

function closed(code: number, reason: readonly number[] = []): Buffer {
  return frame(Uint8Array.of(code >> 8, code & 0xff, ...reason), { opcode: close });
}
