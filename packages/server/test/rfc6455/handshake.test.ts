import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { frame, LightGatewayWire } from "../light-gateway-wire.ts";
import { asking, assertAnswered, openBare, openFrameBench } from "./frame-bench.ts";
import type { FrameBench } from "./frame-bench.ts";

const resources = new AsyncDisposableStack();
let bench: FrameBench;
before(async () => {
  bench = resources.use(await openFrameBench());
});
after(() => resources.disposeAsync());

const KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const VERSION = "Sec-WebSocket-Version: 13";
const PROTOCOL = "Sec-WebSocket-Protocol: cwmp.json";

/** A handshake as it should be, changed. */
interface Changes {
  readonly line?: string;
  /** Instead of the header with that name; nothing leaves it out, several write it several times. */
  readonly headers?: Readonly<Record<string, readonly string[]>>;
}

async function shake({ line = "GET /light HTTP/1.1", headers = {} }: Changes = {}): Promise<Answer> {
  const usual = [
    "Host: acs",
    "Connection: Upgrade",
    "Upgrade: websocket",
    VERSION,
    KEY,
    PROTOCOL,
    `Authorization: Bearer ${await bench.token()}`,
  ];
  const lines = usual.flatMap((header) => headers[header.replace(/:.*/, "")] ?? [header]);
  return sent(`${[line, ...lines].join("\r\n")}\r\n\r\n`);
}

interface Answer {
  readonly wire: LightGatewayWire;
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
}

async function sent(head: string | Buffer): Promise<Answer> {
  const socket = await openBare(bench.port);
  resources.defer(() => void socket.destroy());
  const wire = new LightGatewayWire(socket);
  await wire.write(Buffer.from(head));
  const [line = "", ...lines] = (await wire.frames.take()).payload.toString("latin1").split("\r\n");
  const pairs = lines.map((text) => /^([^:]+): *(.*)$/.exec(text) ?? []);
  return {
    wire,
    status: Number(line.split(" ")[1]),
    headers: new Map(pairs.map(([, name = "", value = ""]) => [name.toLowerCase(), value])),
  };
}

test("4.2.2: the answer proves that the key was read, names one subprotocol and no extension [RFC6455-SHAKE-1]", async () => {
  const { status, headers } = await shake();
  assert.equal(status, 101);
  assert.equal(headers.get("upgrade"), "websocket");
  assert.equal(headers.get("connection"), "Upgrade");
  assert.equal(headers.get("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  assert.equal(headers.get("sec-websocket-protocol"), "cwmp.json");
  assert.equal(headers.has("sec-websocket-extensions"), false);
});

const accepted: readonly (readonly [kind: string, changes: Changes])[] = [
  ["Upgrade in other letters", { headers: { Upgrade: ["uPGRADE: WebSocket"] } }],
  ["Connection with more in it", { headers: { Connection: ["connection: keep-alive, upgrade"] } }],
  ["Connection twice", { headers: { Connection: ["Connection: keep-alive", "Connection: Upgrade"] } }],
  ["a query behind the path", { line: "GET /light?a=b HTTP/1.1" }],
  ["an origin", { headers: { Host: ["Host: acs", "Origin: https://elsewhere.example"] } }],
  [
    "subprotocols in several headers",
    { headers: { "Sec-WebSocket-Protocol": ["Sec-WebSocket-Protocol: chat", PROTOCOL] } },
  ],
];
for (const [kind, changes] of accepted) {
  test(`4.2.1: a handshake with ${kind} is one [RFC6455-SHAKE-2]`, async () => {
    const { status, headers, wire } = await shake(changes);
    assert.equal(status, 101);
    assert.equal(headers.get("sec-websocket-protocol"), "cwmp.json");
    await wire.write(frame(asking("d1")));
    await assertAnswered(wire, "d1");
  });
}

const key = (value: string): Changes => ({
  headers: { "Sec-WebSocket-Key": [`Sec-WebSocket-Key: ${value}`] },
});
const refused: readonly (readonly [section: string, kind: string, changes: Changes, status: number])[] = [
  ["4.2.1", "by POST", { line: "POST /light HTTP/1.1" }, 405],
  ["4.2.1", "by HEAD", { line: "HEAD /light HTTP/1.1" }, 405],
  ["4.2.1", "by HTTP/1.0", { line: "GET /light HTTP/1.0" }, 400],
  ["4.2.1", "without Host", { headers: { Host: [] } }, 400],
  ["4.2.1", "without Upgrade", { headers: { Upgrade: [] } }, 400],
  ["4.2.1", "for another protocol", { headers: { Upgrade: ["Upgrade: h2c"] } }, 400],
  ["4.2.1", "without Connection", { headers: { Connection: [] } }, 400],
  ["4.2.1", "whose Connection does not say so", { headers: { Connection: ["Connection: close"] } }, 400],
  ["4.2.1", "without a key", { headers: { "Sec-WebSocket-Key": [] } }, 400],
  ["4.2.1", "with an empty key", key(""), 400],
  ["4.2.1", "with a key of 15 bytes", key(Buffer.alloc(15).toString("base64")), 400],
  ["4.2.1", "with a key of 17 bytes", key(Buffer.alloc(17).toString("base64")), 400],
  ["4.2.1", "with a key that no 16 bytes give", key("dGhlIHNhbXBsZSBub25jZR=="), 400],
  ["4.2.1", "with a key that is no base64", key("!GhlIHNhbXBsZSBub25jZQ=="), 400],
  ["11.3.1", "with two keys", { headers: { "Sec-WebSocket-Key": [KEY, KEY] } }, 400],
  ["4.2.2", "of no version", { headers: { "Sec-WebSocket-Version": [] } }, 426],
  ["4.2.2", "of version 8", { headers: { "Sec-WebSocket-Version": ["Sec-WebSocket-Version: 8"] } }, 426],
  ["4.2.2", "of version 14", { headers: { "Sec-WebSocket-Version": ["Sec-WebSocket-Version: 14"] } }, 426],
  ["4.2.2", "of version 013", { headers: { "Sec-WebSocket-Version": ["Sec-WebSocket-Version: 013"] } }, 426],
  ["11.3.5", "with its version twice", { headers: { "Sec-WebSocket-Version": [VERSION, VERSION] } }, 426],
  ["4.2.2", "without a subprotocol", { headers: { "Sec-WebSocket-Protocol": [] } }, 400],
  [
    "4.2.2",
    "for a subprotocol in other letters",
    { headers: { "Sec-WebSocket-Protocol": ["Sec-WebSocket-Protocol: CWMP.JSON"] } },
    400,
  ],
];
for (const [section, kind, changes, status] of refused) {
  test(`${section}: a handshake ${kind} is refused with ${status} [RFC6455-SHAKE-3, RFC6455-SHAKE-4]`, async () => {
    const answer = await shake(changes);
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get("sec-websocket-version"), status === 426 ? "13" : undefined);
    await answer.wire.gone.take();
  });
}

test("4.2.2: whoever speaks another version is told which is spoken, as HTTP wants it [RFC6455-SHAKE-4]", async () => {
  const { headers } = await shake({ headers: { "Sec-WebSocket-Version": ["Sec-WebSocket-Version: 7"] } });
  assert.equal(headers.get("sec-websocket-version"), "13");
  assert.equal(headers.get("upgrade"), "websocket");
  assert.match(headers.get("connection") ?? "", /Upgrade/);
});

for (const offer of [
  "permessage-deflate; client_max_window_bits",
  "x-unknown; a=1, foo",
  "not; well; = formed",
]) {
  test(`9.1: the extension "${offer}" is offered in vain [RFC6455-SHAKE-5]`, async () => {
    const extensions = `Sec-WebSocket-Extensions: ${offer}`;
    const { status, headers, wire } = await shake({ headers: { Host: ["Host: acs", extensions] } });
    assert.equal(status, 101);
    assert.equal(headers.has("sec-websocket-extensions"), false);
    await wire.write(frame(asking("d1")));
    await assertAnswered(wire, "d1");
  });
}

test("4.1: frames in one segment with the handshake are read [RFC6455-SHAKE-6]", async () => {
  const head = `GET /light HTTP/1.1\r\nHost: acs\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${VERSION}\r\n${KEY}\r\n${PROTOCOL}\r\n`;
  const token = `Authorization: Bearer ${await bench.token()}\r\n\r\n`;
  const { status, wire } = await sent(Buffer.concat([Buffer.from(head + token), frame(asking("d1"))]));
  assert.equal(status, 101);
  await assertAnswered(wire, "d1");
});
