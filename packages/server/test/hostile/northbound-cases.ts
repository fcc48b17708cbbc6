import { setTimeout } from "node:timers/promises";
import type { Attacker } from "./attacker.ts";
import { tally, type HostileCase } from "./hostile-case.ts";

const MIB = 1024 * 1024;
const OPERATIONS = "/api/v1/devices/001122-Box-nobody/operations";

/** A request as a manager would send it. */
function request(
  { target }: Attacker,
  line: string,
  { body = "", headers = [] }: { readonly body?: string; readonly headers?: readonly string[] } = {},
): string {
  const { token } = target.server.life;
  const isFramed = headers.some((header) => /^(content-length|transfer-encoding)/i.test(header));
  const all = [
    "Host: 127.0.0.1",
    `Authorization: Bearer ${token}`,
    "Content-Type: application/json",
    ...headers,
    ...(isFramed ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  return `${line} HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\n${body}`;
}

const lines: readonly (readonly [name: string, line: string, expected: string | RegExp])[] = [
  ["a path out of the API", "GET /api/v1/../../../etc/passwd", "404"],
  ["a path out of the API, escaped", "GET /api/v1/devices/..%2f..%2fetc%2fpasswd", "404"],
  ["a key that is an escaped slash", "GET /api/v1/devices/%2f", "404"],
  ["a key that is no UTF-8", "GET /api/v1/devices/%ff%fe", "400"],
  ["a key that breaks off its escape", "GET /api/v1/devices/%2", "400"],
  ["a key with NUL", "GET /api/v1/devices/%00", "404"],
  ["a key of 10 KB", `GET /api/v1/devices/${"x".repeat(10_240)}`, "400"],
  ["a path of 64 KB", `GET /${"x".repeat(65_536)}`, "431, closed"],
  ["a query of 10,000 names", `GET /api/v1/devices?${"a=b&".repeat(3_500)}`, "400"],
  ["a limit beyond any number", "GET /api/v1/devices?limit=1e400", "400"],
  ["a method that nobody knows", "BREW /api/v1/devices", "400, closed"],
  ["__proto__ as a key", "GET /api/v1/devices/__proto__", "404"],
];

const bodies: readonly (readonly [name: string, body: () => string, expected: string | RegExp])[] = [
  ["a body of 10 MB", () => `{"method":"${"x".repeat(10 * MIB)}"}`, /^(413, )?closed$/],
  ["a body that is no JSON", () => "<xml/>", "400, closed"],
  ["JSON nested 100,000 deep", () => "[".repeat(100_000) + "]".repeat(100_000), "400, closed"],
  ["JSON that breaks off", () => '{"method":', "400, closed"],
  ["__proto__ in a body", () => '{"method":"Reboot","__proto__":{"isAdmitted":true},"params":{}}', "400"],
  ["the same key twice", () => '{"method":"Reboot","method":"FactoryReset","params":{}}', "404"],
  ["a number beyond any", () => '{"method":"Reboot","params":{},"wait":1e400}', "400"],
  ["a list of 30,000 calls", () => `{"rpcs":[${Array(30_000).fill('{"method":"Reboot"}').join()}]}`, "400"],
  ["a method of 900 KB", () => `{"method":"${"x".repeat(900 * 1024)}","params":{}}`, "400"],
];

/** What can be done to the managers' side, with and without a token. */
export const northboundCases: readonly HostileCase[] = [
  {
    name: "northbound: bodies on 20 connections that stop half-way",
    lasting: true,
    async attack(attacker) {
      const begin = performance.now();
      const peers = await attacker.peers(20, "northbound");
      const half = request(attacker, `POST ${OPERATIONS}`, { body: "{", headers: ["Content-Length: 100"] });
      await Promise.all(peers.map((peer) => peer.write(half)));
      await Promise.all(peers.map((peer) => peer.ended(45_000)));
      const seconds = Math.round((performance.now() - begin) / 1_000);
      return `${tally(await Promise.all(peers.map((peer) => peer.outcome(1, 0))))} after ${seconds} s`;
    },
    expected: /^20 × 408, closed after 3\d s$/,
  },
  ...lines.map(([name, line, expected]) => ({
    name: `northbound: ${name}`,
    attack: (attacker: Attacker) => attacker.sent(request(attacker, line), "northbound"),
    expected,
  })),
  ...bodies.map(([name, body, expected]) => ({
    name: `northbound: ${name}`,
    attack: (attacker: Attacker) =>
      attacker.sent(request(attacker, `POST ${OPERATIONS}`, { body: body() }), "northbound"),
    expected,
  })),
  {
    name: "northbound: bodies on 20 connections, a byte at a time",
    async attack(attacker) {
      const peers = await attacker.peers(20, "northbound");
      const text = request(attacker, `POST ${OPERATIONS}`, { body: '{"method":"Reboot","params":{}}' });
      for (const byte of Buffer.from(text)) {
        await Promise.all(peers.map((peer) => peer.write(Uint8Array.of(byte))));
        await setTimeout(2);
      }
      return tally(await Promise.all(peers.map((peer) => peer.outcome())));
    },
    expected: "20 × 404",
  },
  {
    name: "northbound: 300 event streams at once",
    async attack(attacker) {
      const peers = await attacker.peers(300, "northbound");
      const asked = request(attacker, "GET /api/v1/events");
      await Promise.all(peers.map((peer) => peer.write(asked)));
      return tally(await Promise.all(peers.map((peer) => peer.outcome())));
    },
    expected: "200 × 200; 100 × 503",
  },
  {
    name: "northbound: a name that is not the server's",
    attack: (attacker) =>
      attacker.sent("GET /api/v1/devices HTTP/1.1\r\nHost: evil.example\r\n\r\n", "northbound"),
    expected: "421",
  },
  {
    name: "northbound: Content-Length and chunks",
    attack: (attacker) =>
      attacker.sent(
        request(attacker, `POST ${OPERATIONS}`, {
          body: "0\r\n\r\n",
          headers: ["Content-Length: 5", "Transfer-Encoding: chunked"],
        }),
        "northbound",
      ),
    expected: "400, closed",
  },
  {
    name: "northbound: the preface of HTTP/2",
    attack: (attacker) => attacker.sent("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "northbound"),
    expected: "400, closed",
  },
];
