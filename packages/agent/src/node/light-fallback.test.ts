import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Arrivals } from "@heliograph/testkit";
import { WebSocketServer } from "ws";
import { eventsOf, until } from "./classic-device.fixture.ts";
import { openLightBench } from "./light-bench.fixture.ts";
import type { LightBench } from "./light-bench.fixture.ts";

type Meddle = (socket: Duplex, request: IncomingMessage) => void;

/** Something between the device and its ACS, which does as it likes with every upgrade. */
class Middlebox implements AsyncDisposable {
  readonly upgrades = new Arrivals<IncomingMessage>("an upgrade");
  readonly #server: Server;
  readonly #scheme: "ws" | "wss";

  constructor(meddle: Meddle, server: Server = createServer(), scheme: "ws" | "wss" = "ws") {
    this.#server = server;
    this.#scheme = scheme;
    server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
      socket.on("error", () => undefined);
      this.upgrades.add(request);
      meddle(socket, request);
    });
  }

  async open(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get url(): string {
    const address = this.#server.address();
    assert.ok(typeof address === "object" && address !== null);
    return `${this.#scheme}://127.0.0.1:${address.port}/light`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

const PAGE = `<html>${"<p>Please accept our terms.</p>".repeat(1_000)}</html>`;

function answering(head: string, body = ""): Meddle {
  return (socket) => socket.end(`HTTP/1.1 ${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
}

/** Of the server's certificates for tests. */
function certificate(what: "cert" | "key"): string {
  return readFileSync(new URL(`../../../server/test/certificates/acs.${what}.pem`, import.meta.url), "utf8");
}

/** The device is served in a classic session, which refers it nowhere any more. */
async function servedClassic(it: LightBench): Promise<void> {
  it.offerNothing();
  it.classic.acs.call({ method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } });
  const told = it.classic.device.informNow();
  assert.deepEqual(eventsOf(await it.classic.session()), ["2 PERIODIC"]);
  await told;
  assert.equal((await it.classic.acs.settled.take()).method, "GetParameterValues");
}

async function referredTo(it: LightBench, url: string, ca?: string): Promise<void> {
  it.offer("t.o.k", { url });
  await it.start(ca === undefined ? {} : { ca });
  await it.classic.session();
}

const meddlers: readonly (readonly [what: string, meddle: Meddle, reason: RegExp])[] = [
  ["a captive portal answers with its page", answering("200 OK", PAGE), /HTTP status 200/],
  [
    "a captive portal sends it elsewhere",
    answering("302 Found\r\nlocation: http://portal.example/"),
    /HTTP status 302/,
  ],
  ["a proxy wants to be asked by name", answering("407 Proxy Authentication Required"), /HTTP status 407/],
  ["a proxy knows of no upgrade", answering("426 Upgrade Required"), /HTTP status 426/],
  ["a proxy hangs up", (socket) => socket.destroy(), /socket hang up/],
  ["something answers that is no HTTP", (socket) => socket.end("SSH-2.0-x\r\n"), /Parse Error/],
];

for (const [what, meddle, reason] of meddlers) {
  test(`where ${what}, service is classic, and the socket is tried again by the table`, async () => {
    await using it = await openLightBench();
    await using box = await new Middlebox(meddle).open();
    await referredTo(it, box.url);
    await box.upgrades.take();
    const detached = await it.detached();
    assert.match(detached.reason, reason);
    assert.equal(detached.retryInMs, 5_000);
    await servedClassic(it);
    await it.classic.clock.advance(5_000);
    await box.upgrades.take();
    assert.equal((await it.detached()).retryInMs, 10_000);
  });
}

for (const [what, meddle] of [
  ["refuses all its subprotocols with 400", answering("400 Bad Request")],
  ["opens a socket without a subprotocol", withProtocol(undefined)],
  ["opens a socket with one that was not offered", withProtocol("chat")],
] as const) {
  test(`where somebody ${what}, there is nothing to retry: it stays classic until it is referred anew`, async () => {
    await using it = await openLightBench();
    await using box = await new Middlebox(meddle).open();
    await referredTo(it, box.url);
    await box.upgrades.take();
    assert.equal((await it.detached()).retryInMs, undefined);
    await it.classic.clock.advance(290_000);
    await setImmediate();
    assert.equal(box.upgrades.untaken, 0);
    await servedClassic(it);
    assert.equal(box.upgrades.untaken, 0);
    it.offer();
    const told = it.classic.device.informNow();
    await it.classic.session();
    await told;
    await it.sockets.attached();
  });
}

test("a certificate that is not trusted never sees the token; service is classic, and a trusted one lets it come back", async () => {
  await using it = await openLightBench();
  const tls = createTlsServer({ cert: certificate("cert"), key: certificate("key") });
  await using interceptor = await new Middlebox(answering("200 OK"), tls, "wss").open();
  await referredTo(it, interceptor.url);
  const { reason, retryInMs } = await it.detached();
  assert.match(reason, /certificate/);
  assert.equal(retryInMs, 5_000);
  assert.equal(interceptor.upgrades.untaken, 0);
  await servedClassic(it);
  await it.classic.clock.advance(5_000);
  assert.equal((await it.detached()).retryInMs, 10_000);
  assert.equal(interceptor.upgrades.untaken, 0);
  it.offer();
  const told = it.classic.device.informNow();
  await it.classic.session();
  await told;
  await it.sockets.attached();
  await until(() => it.classic.device.isAttached);
});

test("where its authority is trusted, the same certificate is let pass", async () => {
  await using it = await openLightBench();
  const tls = createTlsServer({ cert: certificate("cert"), key: certificate("key") });
  await using acs = await new Middlebox(answering("503 Busy"), tls, "wss").open();
  await referredTo(it, acs.url, certificate("cert"));
  assert.equal((await acs.upgrades.take()).headers.authorization, "Bearer t.o.k");
});

/** Opens a socket, whatever was offered. */
function withProtocol(protocol: string | undefined): Meddle {
  const sockets = new WebSocketServer({ noServer: true });
  sockets.on("headers", (headers) => {
    const at = headers.findIndex((line) => /^sec-websocket-protocol:/i.test(line));
    if (at >= 0) headers.splice(at, 1);
    if (protocol !== undefined) headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  return (socket, request) =>
    sockets.handleUpgrade(request, socket, Buffer.alloc(0), (opened) => opened.on("error", () => undefined));
}
