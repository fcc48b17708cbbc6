import { upgrade, type Attacker } from "./attacker.ts";
import { tally, type HostileCase } from "./hostile-case.ts";
import { frame } from "../light-gateway-wire.ts";

const HOUR_MS = 3_600_000;
const NOBODY = "001122-Box-nobody";

/** Tokens that an attacker may show, made for a device that is there. */
const tokens: readonly (readonly [
  name: string,
  make: (attacker: Attacker) => Promise<string>,
  expected: string,
])[] = [
  ["a token that is none", async () => "token", "401, closed"],
  ["a token of 10 KB", async () => "x".repeat(10_240), "401, closed"],
  ["a token that another key signed", (attacker) => forged(attacker), "401, closed"],
  ["a token without a signature", (attacker) => unsigned(attacker), "401, closed"],
  ["a token whose device was changed", (attacker) => changed(attacker), "401, closed"],
  ["a token that has expired", (attacker) => expired(attacker), "401, closed"],
  ["a token from before new credentials", (attacker) => outdated(attacker), "401, closed"],
  ["a token of a device that was removed", (attacker) => ofRemoved(attacker), "401, closed"],
  ["a token of a device that was rejected", (attacker) => ofRejected(attacker), "403, closed"],
];

const requests: readonly (readonly [
  name: string,
  make: (token: string) => string,
  expected: string | RegExp,
])[] = [
  ["a WebSocket at the path of the ACS", (token) => upgrade(token, "/"), "405, closed"],
  ["a WebSocket elsewhere", (token) => upgrade(token, "/light/../light"), "404, closed"],
  ["a WebSocket at /LIGHT", (token) => upgrade(token, "/LIGHT"), "404, closed"],
  ["an upgrade to h2c", (token) => upgrade(token).replace("websocket", "h2c"), "400, closed"],
  [
    "a handshake without a key",
    (token) => upgrade(token).replace(/Sec-WebSocket-Key.*\r\n/, ""),
    "400, closed",
  ],
  [
    "a handshake of version 99",
    (token) => upgrade(token).replace("Version: 13", "Version: 99"),
    "426, closed",
  ],
  ["a handshake by POST", (token) => upgrade(token).replace("GET", "POST"), /^4\d\d, closed$/],
  ["a subprotocol that nobody speaks", (token) => upgrade(token).replace("cwmp.json", "chat"), "400, closed"],
  [
    "1,000 subprotocols",
    (token) => upgrade(token).replace("cwmp.json", Array.from({ length: 1_000 }, (_, at) => `p${at}`).join()),
    "400, closed",
  ],
  [
    "compression that is offered",
    (token) => upgrade(token, "/light", ["Sec-WebSocket-Extensions: permessage-deflate; x=y"]),
    "101",
  ],
  [
    "a handshake with a body",
    (token) => `${upgrade(token, "/light", ["Content-Length: 5"])}hello`,
    /^(400, closed|101(, closed)?)$/,
  ],
  ["a handshake with frames right behind it", (token) => upgrade(token) + ATTACH, "101"],
  ["a handshake with garbage right behind it", (token) => upgrade(token) + "\xff".repeat(100), "101, closed"],
  ["two handshakes in one write", (token) => upgrade(token) + upgrade(token), "101, closed"],
];

const ATTACH = frame('{"jsonrpc":"2.0","id":1,"method":"Attach","params":{}}').toString("latin1");

/** What can be asked of the door of the light transport. */
export const upgradeCases: readonly HostileCase[] = [
  ...tokens.map(([name, make, expected]) => ({
    name,
    attack: async (attacker: Attacker) => attacker.sent(upgrade(await make(attacker))),
    expected,
  })),
  ...requests.map(([name, make, expected]) => ({
    name,
    attack: async (attacker: Attacker) =>
      attacker.sent(Buffer.from(make((await attacker.victim()).token), "latin1")),
    expected,
  })),
  {
    name: "a good token five times at once",
    async attack(attacker) {
      const { token } = await attacker.victim();
      const peers = await attacker.peers(5);
      await Promise.all(peers.map((peer) => peer.write(upgrade(token))));
      await Promise.all(peers.slice(0, 4).map((peer) => peer.ended(1_000)));
      return tally(await Promise.all(peers.map((peer) => peer.outcome())));
    },
    expected: "5 × 101",
  },
  {
    name: "500 handshakes that stop half-way",
    async attack(attacker) {
      const peers = await attacker.peers(500);
      await Promise.all(peers.map((peer) => peer.write(upgrade("x").slice(0, 100))));
      return tally(await Promise.all(peers.map((peer) => peer.outcome(1, 500))));
    },
    expected: "500 × held",
  },
];

function forged(attacker: Attacker): Promise<string> {
  return attacker.victim().then(({ key }) => attacker.mint({ device: key }, "66".repeat(32)));
}

async function unsigned(attacker: Attacker): Promise<string> {
  const [, claims = ""] = (await attacker.victim()).token.split(".");
  return `${Buffer.from('{"alg":"none"}').toString("base64url")}.${claims}.`;
}

async function changed(attacker: Attacker): Promise<string> {
  const { key, token } = await attacker.victim();
  const [head = "", claims = "", signature = ""] = token.split(".");
  const said = Buffer.from(claims, "base64url").toString("utf8").replace(key, NOBODY);
  return [head, Buffer.from(said).toString("base64url"), signature].join(".");
}

async function expired(attacker: Attacker): Promise<string> {
  const { key } = await attacker.victim();
  return attacker.mint({ device: key, expiresAt: Date.now() - HOUR_MS });
}

async function outdated(attacker: Attacker): Promise<string> {
  const { key } = await attacker.victim();
  return attacker.mint({ device: key, credentialVersion: 0 });
}

async function ofRemoved(attacker: Attacker): Promise<string> {
  const { key, token } = await attacker.victim();
  await attacker.client.devices.remove(key);
  return token;
}

async function ofRejected(attacker: Attacker): Promise<string> {
  const { key, token } = await attacker.victim();
  await attacker.client.devices.reject(key);
  return token;
}
