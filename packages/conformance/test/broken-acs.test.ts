import { testAcs } from "@heliograph/conformance";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { WebSocketServer, type WebSocket } from "ws";
import { failuresOf } from "./rows.ts";

type Token = Readonly<Record<string, unknown>>;
/** What an ACS says to a message: a text, or a close code. */
type Says = (text: string) => string | number | undefined;

const fault = (id: unknown, code: number): string =>
  JSON.stringify({ jsonrpc: "2.0", id, error: { code, message: "refused" } });

/** A small ACS of tokens that keeps the rules which are tested here. */
const sound: Says = (text) => {
  if (text === "") return undefined;
  const token = parse(text);
  if (token === undefined) return 1003;
  if (Array.isArray(token)) return fault(null, -32600);
  const { id, jsonrpc, method } = token;
  const isId = id === undefined || Number.isSafeInteger(id) || (typeof id === "string" && id.length <= 128);
  if (jsonrpc !== "2.0" || !isId) return method === undefined ? undefined : fault(null, -32600);
  if (id === undefined || method === undefined) return undefined;
  if (method === "Attach") return fault(id, -32602);
  if (method !== "GetRPCMethods") return fault(id, -32601);
  return JSON.stringify({ jsonrpc: "2.0", id, result: { MethodList: ["Inform"] } });
};

/** Each breaks one rule. */
const BROKEN: readonly (readonly [breaks: string, rule: string, text: RegExp, says: Says])[] = [
  [
    "turns a number for an id into text",
    "LIGHT-TOKEN-2",
    /as a number|id of its request/,
    (text) => {
      const said = sound(text);
      return typeof said === "string" ? said.replace(/"id":(\d+)/, '"id":"$1"') : said;
    },
  ],
  [
    "answers what has no id",
    "LIGHT-TOKEN-3",
    /not answered/,
    (text) => sound(text) ?? (text.includes('"id"') || text === "" ? undefined : fault(null, -32601)),
  ],
  [
    "takes null for an id",
    "LIGHT-TOKEN-4",
    /null is no id/,
    (text) => (text.includes('"id":null,"method"') ? fault(null, -32601) : sound(text)),
  ],
  [
    "closes without a code on what is no JSON",
    "LIGHT-TOKEN-1",
    /no JSON/,
    (text) => (sound(text) === 1003 ? 1005 : sound(text)),
  ],
  [
    "has another code for what it does not know",
    "LIGHT-TOKEN-8",
    /no ACS has/,
    (text) => (text.includes('"t8"') ? fault("t8", 8000) : sound(text)),
  ],
];

test("a small sound ACS, which shares no code with this one, has no fail", async () => {
  assert.deepEqual(await failuresWith(sound), []);
});

for (const [breaks, rule, text, says] of BROKEN) {
  test(`of an ACS that ${breaks} the kit says so of ${rule}`, async () => {
    const failures = await failuresWith(says);
    assert.ok(failures.length > 0);
    for (const failure of failures) assert.ok(failure.startsWith(`${rule} `) && text.test(failure), failure);
  });
}

async function failuresWith(says: Says): Promise<readonly string[]> {
  await using resources = new AsyncDisposableStack();
  const server = createServer();
  const sockets = new WebSocketServer({ server, handleProtocols: () => "cwmp.json" });
  sockets.on("connection", (socket) => serve(socket, says));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  resources.defer(() => {
    server.closeAllConnections();
    server.close();
    sockets.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const device = { oui: "5A5A5A", productClass: "Kit", serialNumber: "1" };
  const target = { url: `ws://127.0.0.1:${port}/light`, token: "t", trust: {}, patienceMs: 1_000 };
  const rules = [
    "LIGHT-TOKEN-1",
    "LIGHT-TOKEN-2",
    "LIGHT-TOKEN-3",
    "LIGHT-TOKEN-4",
    "LIGHT-TOKEN-12",
    "LIGHT-TOKEN-8",
  ];
  const rows = await testAcs(
    { ...target, subprotocol: "cwmp.json", device },
    { allowed: new Set(), rules: [...rules, "LIGHT-LIVE-3"] },
  );
  return failuresOf(rows);
}

function serve(socket: WebSocket, says: Says): void {
  socket.on("message", (data) => {
    const said = says(Buffer.isBuffer(data) ? data.toString("utf8") : "");
    if (typeof said === "string") socket.send(said);
    if (said === 1005) socket.close();
    else if (typeof said === "number") socket.close(said);
  });
}

function parse(text: string): Token | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isToken(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isToken(value: unknown): value is Token {
  return typeof value === "object" && value !== null;
}
