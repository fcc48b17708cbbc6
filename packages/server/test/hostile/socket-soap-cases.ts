import { envelopeText } from "../envelopes.ts";
import { frame, opcodes } from "../light-gateway-wire.ts";
import type { HostileCase } from "./hostile-case.ts";
import { LAUGHS } from "./soap-cases.ts";

const KIB = 1024;
const question = envelopeText("<cwmp:GetRPCMethods/>");
/** Whoever said too much is served again as soon as time has passed. */
const SLOWED = /^(fault 8004|served)$/;

/** Whether the close arrives while the rest of the message is on its way is up to TCP. */
const TOO_LONG = /^(?:closed with 1009|cut)$/;

const messages: readonly (readonly [name: string, bytes: () => Buffer, expected: string | RegExp])[] = [
  ["an entity bomb", () => frame(`<!DOCTYPE a [${LAUGHS}]><a>&l9;</a>`), /^(served|closed with 1003)$/],
  [
    "an entity that names a file",
    () => frame(`<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>`),
    /^(served|closed with 1003)$/,
  ],
  ["elements nested 50,000 deep", () => frame("<a>".repeat(50_000) + "</a>".repeat(50_000)), "served"],
  [
    "an envelope nested 50,000 deep",
    () => frame(envelopeText("<a>".repeat(50_000) + "</a>".repeat(50_000))),
    "served",
  ],
  [
    "an element with 50,000 attributes",
    () => frame(`<a ${Array.from({ length: 50_000 }, (_, at) => `a${at}=""`).join(" ")}/>`),
    "served",
  ],
  ["120,000 empty elements", () => frame(envelopeText("<a/>".repeat(120_000))), "served"],
  ["an id of 900 KB", () => frame(envelopeText("<cwmp:X/>", { id: "x".repeat(900 * KIB) })), "served"],
  ["an envelope over the limit", () => frame(envelopeText(" ".repeat(1_100 * KIB))), TOO_LONG],
  ["a token", () => frame('{"jsonrpc":"2.0","id":1,"method":"GetRPCMethods"}'), "closed with 1003"],
  ["a binary message", () => frame(question, { opcode: opcodes.binary }), "closed with 1003"],
  ["text that is no UTF-8", () => frame(Buffer.of(0x3c, 0xc3, 0x28)), "closed with 1007"],
  ["an answer to a call that nobody made", () => frame(envelopeText("<cwmp:RebootResponse/>")), "served"],
  ["2,000 questions at once", () => Buffer.concat(Array<Buffer>(2_000).fill(frame(question))), SLOWED],
];

/** What a device with a good token can do to its connection with `cwmp.soap`. */
export const socketSoapCases: readonly HostileCase[] = messages.map(([name, bytes, expected]) => ({
  name: `SOAP on a socket: ${name}`,
  async attack(attacker) {
    const { token } = await attacker.victim();
    const peer = await attacker.webSocket(token, "cwmp.soap");
    await peer.write(bytes());
    return peer.standingBySoap();
  },
  expected,
}));
