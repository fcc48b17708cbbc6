import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectPlainly, createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { openWire, PATIENCE_MS, type HttpWire } from "@heliograph/testkit";
import { WebSocket, WebSocketServer } from "ws";
import { certificatePair } from "../../test/certificates.ts";
import { atItsOwnPace } from "../http/body-bound.ts";
import { startListener } from "./listener.ts";
import type { Gateways, ListenerSettings, SouthboundListener } from "./listener.ts";
import { OLD_TLS } from "./listening.ts";

const PAIR = certificatePair("acs");

interface Bench extends AsyncDisposable {
  readonly listener: SouthboundListener;
  /** Sockets that the light gateway was given. */
  readonly upgraded: readonly Duplex[];
  /** A TCP connection, or a TLS one, that is cut with the bench. */
  wire(scheme?: Scheme): Promise<HttpWire>;
  /** A bare TCP connection, destroyed with the bench. */
  socket(): Promise<Socket>;
  /** A TLS connection, destroyed with the bench. */
  secureSocket(): Promise<TLSSocket>;
  /** An open WebSocket, of that connection where one is given; closed with the bench. */
  webSocket(scheme?: Scheme, of?: Socket): Promise<WebSocket>;
}

type Scheme = "http" | "https";
type BenchOptions = Pick<ListenerSettings, "bounds" | "path"> & Partial<Gateways>;

/** Both listeners, with a classic gateway that says how it was called and a light one that echoes. */
async function openBench({ cwmp, light, uploads, ...settings }: BenchOptions = {}): Promise<Bench> {
  const stack = new AsyncDisposableStack();
  const upgraded: Duplex[] = [];
  const sockets = new WebSocketServer({ noServer: true });
  const saying: Gateways["cwmp"] = {
    serve: (request, response) => void response.end(`${request.method} ${request.url}`),
  };
  const echo: Gateways["light"] = {
    upgrade(request, socket, head) {
      sockets.handleUpgrade(request, socket, head, (opened) => {
        opened.on("message", (data) => {
          opened.send(data, { binary: false });
        });
      });
    },
  };
  const gateways: Gateways = {
    cwmp: cwmp ?? saying,
    ...(uploads === undefined ? {} : { uploads }),
    light: {
      upgrade(request, socket, head) {
        upgraded.push(socket);
        (light ?? echo).upgrade(request, socket, head);
      },
    },
  };
  const tls = { host: "127.0.0.1", port: 0, pair: PAIR };
  const listener = await startListener(gateways, { host: "127.0.0.1", port: 0, tls, ...settings });
  stack.defer(() => listener.close());
  const url = (scheme: Scheme): URL => new URL(`${scheme}://127.0.0.1:${portOf(listener, scheme)}/`);
  return {
    listener,
    upgraded,
    async wire(scheme = "http") {
      const wire = await openWire(url(scheme), { patienceMs: PATIENCE_MS });
      stack.defer(() => {
        wire.cut();
      });
      return wire;
    },
    async socket() {
      const socket = connectPlainly(portOf(listener, "http"), "127.0.0.1");
      stack.defer(() => void socket.destroy());
      await once(socket, "connect");
      return socket;
    },
    async secureSocket() {
      const socket = connect({ port: portOf(listener, "https"), host: "127.0.0.1", ca: PAIR.cert });
      stack.defer(() => void socket.destroy());
      await once(socket, "secureConnect");
      return socket;
    },
    async webSocket(scheme = "http", of) {
      const connection = of === undefined ? {} : { createConnection: () => of };
      const opened = new WebSocket(new URL("/light", url(scheme)), { ca: PAIR.cert, ...connection });
      stack.defer(() => {
        opened.terminate();
      });
      await once(opened, "open");
      return opened;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function portOf({ address, secureAddress }: SouthboundListener, scheme: Scheme): number {
  const at = scheme === "http" ? address : secureAddress;
  assert.ok(at !== undefined);
  return at.port;
}

async function echoOf(socket: WebSocket, text: string): Promise<string> {
  const heard = once(socket, "message");
  socket.send(text);
  return String((await heard)[0]);
}

function head(line: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ Host: "acs", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

const WEBSOCKET = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

for (const scheme of ["http", "https"] as const) {
  test(`by ${scheme} a request at the path of the ACS is for the classic gateway, whatever its query`, async () => {
    await using bench = await openBench({ path: "/acs" });
    const wire = await bench.wire(scheme);
    await wire.write(head("POST /acs?x=1", { "Content-Length": "0" }));
    assert.equal((await wire.read()).body, "POST /acs?x=1");
  });

  test(`by ${scheme} a WebSocket at /light is for the light gateway`, async () => {
    await using bench = await openBench();
    assert.equal(await echoOf(await bench.webSocket(scheme), "hello"), "hello");
    assert.equal(bench.upgraded.length, 1);
  });
}

const strays: readonly (readonly [
  kind: string,
  line: string,
  headers: Readonly<Record<string, string>>,
  status: number,
])[] = [
  ["a request elsewhere", "GET /other", {}, 404],
  ["a WebSocket elsewhere", "GET /other", WEBSOCKET, 404],
  ["a WebSocket below /light", "GET /light/1", WEBSOCKET, 404],
  ["a request at /light that wants no upgrade", "GET /light", {}, 400],
  ["an upgrade at /light to something else", "GET /light", { Connection: "Upgrade", Upgrade: "h2c" }, 400],
];
for (const [kind, line, headers, status] of strays) {
  test(`${kind} gets ${status} in plain words, and its connection ends`, async () => {
    await using bench = await openBench();
    const wire = await bench.wire();
    await wire.write(head(line, headers));
    const reply = await wire.read();
    assert.equal(reply.status, status);
    assert.deepEqual(reply.headers.get("content-type"), ["text/plain; charset=utf-8"]);
    await wire.closed();
    assert.equal(bench.upgraded.length, 0);
  });
}

test("a POST that offers HTTP/2 besides, as some HTTP libraries do, is a POST", async () => {
  await using bench = await openBench();
  const wire = await bench.wire();
  const offer = { Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c", "HTTP2-Settings": "AAMAAABk" };
  await wire.write(head("POST /", { ...offer, "Content-Length": "0" }));
  assert.equal((await wire.read()).body, "POST /");
});

for (const scheme of ["http", "https"] as const) {
  test(`by ${scheme} a device that closes its side once it has said all is answered all the same`, async () => {
    const patient: Gateways["cwmp"] = {
      serve: (request, response) => {
        request.socket.once("end", () => void response.end("late"));
        request.resume();
      },
    };
    await using bench = await openBench({ cwmp: patient });
    const socket = scheme === "http" ? await bench.socket() : await bench.secureSocket();
    socket.end(head("POST /", { "Content-Length": "0" }));
    assert.match(await text(socket), /late$/);
  });
}

test("a WebSocket outlives the time-outs of HTTP, also on a connection that was used for requests before", async () => {
  await using bench = await openBench({ bounds: { idleTimeoutMs: 1_000, requestTimeoutMs: 1_000 } });
  const [idle, slow] = [await bench.wire(), await bench.wire()];
  const used = await bench.socket();
  used.write(head("GET /"));
  await once(used, "data");
  const socket = await bench.webSocket("http", used);
  await idle.write(head("GET /"));
  await idle.read();
  await slow.write("POST / HTTP/1.1\r\nHo");
  await Promise.all([idle.closed(), slow.closed()]);
  assert.equal(await echoOf(socket, "still there"), "still there");
});

test("a device that is gone before anybody looks at its upgrade is no trouble", async () => {
  const taken = Promise.withResolvers<Duplex>();
  await using bench = await openBench({ light: { upgrade: (_, socket) => taken.resolve(socket.resume()) } });
  const device = await bench.socket();
  device.write(head("GET /light", WEBSOCKET));
  const socket = await taken.promise;
  const closed = new Promise((resolve) => socket.once("close", resolve));
  device.resetAndDestroy();
  assert.equal(await closed, true, "closed by an error");
});

test("connections beyond the bound are closed at once; those that are open go on", async () => {
  await using bench = await openBench({ bounds: { maxConnections: 1 } });
  const socket = await bench.webSocket();
  const beyond = await bench.wire();
  await beyond.closed();
  assert.equal(await echoOf(socket, "on"), "on");
});

test("without a certificate there is no TLS", async () => {
  const gateways = { cwmp: { serve: () => undefined }, light: { upgrade: () => undefined } };
  const listener = await startListener(gateways, { host: "127.0.0.1", port: 0 });
  assert.equal(listener.secureAddress, undefined);
  await listener.close();
  await listener.close();
});

for (const maxVersion of ["TLSv1", "TLSv1.1"] as const) {
  test(`${maxVersion}, which is older than 1.2, is refused unless the operator allows it [CWMP-AUTH-7]`, async () => {
    await using bench = await openBench();
    const port = portOf(bench.listener, "https");
    const open = () =>
      connect({ ...OLD_TLS, port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion });
    await assert.rejects(once(open(), "secureConnect"), /protocol version|alert/);
    bench.listener.useCertificate({ ...PAIR, ...OLD_TLS });
    const allowed = open();
    await once(allowed, "secureConnect");
    assert.equal(allowed.getProtocol(), maxVersion);
    allowed.destroy();
  });
}

test("a file may take longer than a message, whose connection is ended when its body is late", async () => {
  const uploads: Gateways["uploads"] = {
    serve(request, response) {
      const answer = async (): Promise<void> => {
        response.end(await atItsOwnPace(request, () => text(request)));
      };
      void answer();
    },
  };
  // Reads nothing by itself, and answers when all has come.
  const cwmp: Gateways["cwmp"] = {
    serve: (request, response) => void request.once("end", () => response.end()).resume(),
  };
  await using bench = await openBench({ cwmp, uploads, bounds: { requestTimeoutMs: 100 } });
  const [file, message] = [await bench.socket(), await bench.socket()];
  const saidOfFile = text(file);
  file.write("PUT /uploads/x HTTP/1.1\r\nHost: acs\r\nConnection: close\r\nContent-Length: 9\r\n\r\nfirst");
  message.write("POST / HTTP/1.1\r\nHost: acs\r\nContent-Length: 9\r\n\r\nfirst");
  assert.match(await text(message), /^HTTP\/1\.1 408 /);
  file.end("last");
  assert.match(await saidOfFile, /^HTTP\/1\.1 200 .*\r\n\r\nfirstlast$/s);
});

test("a TLS handshake that comes to no end, and what is no TLS, end their connections alone", async () => {
  await using bench = await openBench({ bounds: { requestTimeoutMs: 1_000 } });
  const url = new URL(`http://127.0.0.1:${portOf(bench.listener, "https")}/`);
  const [silent, garbage] = await Promise.all([1, 2].map(() => openWire(url, { patienceMs: PATIENCE_MS })));
  assert.ok(silent !== undefined && garbage !== undefined);
  await garbage.write("GET / HTTP/1.1\r\n\r\n");
  await Promise.all([silent.closed(), garbage.closed()]);
  assert.equal(await echoOf(await bench.webSocket("https"), "on"), "on");
});

test("a new certificate is shown to who comes next; who is connected stays", async () => {
  await using bench = await openBench();
  const renewed = certificatePair("renewed");
  const before = await bench.webSocket("https");
  bench.listener.useCertificate(renewed);
  const port = portOf(bench.listener, "https");
  await using resources = new AsyncDisposableStack();
  const shown = async (ca: string): Promise<TLSSocket> => {
    const socket = connect({ port, host: "127.0.0.1", ca });
    resources.defer(() => void socket.destroy());
    await once(socket, "secureConnect");
    return socket;
  };
  assert.equal((await shown(renewed.cert)).authorized, true);
  await assert.rejects(shown(PAIR.cert), /self-signed/);
  assert.equal(await echoOf(before, "still there"), "still there");
});

test("a key that does not fit is refused, at the start and later, and nothing is left listening", async () => {
  const misfit = { cert: PAIR.cert, key: certificatePair("renewed").key };
  const gateways = { cwmp: { serve: () => undefined }, light: { upgrade: () => undefined } };
  await using bench = await openBench();
  assert.throws(() => {
    bench.listener.useCertificate(misfit);
  }, /key values mismatch/);
  assert.equal(await echoOf(await bench.webSocket("https"), "on"), "on");

  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const free = probe.address();
  assert.ok(free !== null && typeof free === "object");
  probe.close();
  await once(probe, "close");
  const tls = { host: "127.0.0.1", port: 0, pair: misfit };
  const at = { host: "127.0.0.1", port: free.port };
  await assert.rejects(startListener(gateways, { ...at, tls }), /key values mismatch/);
  await assert.rejects(
    startListener(gateways, {
      ...at,
      tls: { host: "127.0.0.1", port: portOf(bench.listener, "http"), pair: PAIR },
    }),
    { code: "EADDRINUSE" },
  );
  const again = await startListener(gateways, at);
  await again.close();
});

test("closing cuts every connection, also one that is in the middle of its handshake", async () => {
  await using bench = await openBench();
  const [slow, socket] = [await bench.wire(), await bench.webSocket()];
  const secure = new URL(`http://127.0.0.1:${portOf(bench.listener, "https")}/`);
  const shaking = await openWire(secure, { patienceMs: PATIENCE_MS });
  await slow.write("POST / HTTP/1.1\r\nHost: acs\r\n");
  assert.equal(await echoOf(await bench.webSocket("https"), "on"), "on");
  const closed = once(socket, "close");
  await bench.listener.close();
  await Promise.all([slow.closed(), shaking.closed(), closed]);
});
