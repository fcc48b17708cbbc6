import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import { connect as connectSecurely, TLSSocket } from "node:tls";
import { Arrivals } from "@heliograph/testkit";
import { certificatePair } from "../../test/certificates.ts";
import { startStompListener } from "./stomp-listener.ts";
import type { StompListener, StompListenerSettings } from "./stomp-listener.ts";

const LOCAL = { host: "127.0.0.1", port: 0 };
const [PAIR, RENEWED] = [certificatePair("acs"), certificatePair("renewed")];

interface Bench extends AsyncDisposable {
  readonly listener: StompListener;
  readonly accepted: Arrivals<Socket>;
}

async function openBench(settings: StompListenerSettings): Promise<Bench> {
  const accepted = new Arrivals<Socket>("a connection");
  const listener = await startStompListener({ accept: (socket) => accepted.add(socket) }, settings);
  return { listener, accepted, [Symbol.asyncDispose]: () => listener.close() };
}

/** The certificate's number, and what the gateway was given of the connection. */
async function shownTo(
  { listener: { secureAddress }, accepted }: Bench,
  ca: string,
): Promise<{ readonly serialNumber: string; readonly socket: Socket }> {
  const port = secureAddress?.port ?? 0;
  const device = connectSecurely({ ...LOCAL, port, servername: "acs.example", ca });
  await new Promise<void>((resolve, reject) => device.once("secureConnect", resolve).once("error", reject));
  const { serialNumber } = device.getPeerCertificate();
  const socket = await accepted.take();
  device.destroy();
  return { serialNumber, socket };
}

test("where nobody asks for it, nothing listens", async () => {
  await using bench = await openBench({});
  assert.deepEqual([bench.listener.address, bench.listener.secureAddress], [undefined, undefined]);
});

test("connections by TCP and by TLS go to the gateway, and a new certificate is shown from then on", async () => {
  await using bench = await openBench({ plain: LOCAL, tls: { ...LOCAL, pair: PAIR } });
  const { listener, accepted } = bench;
  const plain = connect({ ...LOCAL, port: listener.address?.port ?? 0 });
  assert.ok(!((await accepted.take()) instanceof TLSSocket));
  plain.destroy();
  const first = await shownTo(bench, PAIR.cert);
  assert.ok(first.socket instanceof TLSSocket);
  listener.useCertificate(RENEWED);
  const second = await shownTo(bench, RENEWED.cert);
  assert.notEqual(second.serialNumber, first.serialNumber);
});

test("who does not shake hands in time is cut off, and no gateway hears of it", async () => {
  const bounds = { handshakeTimeoutMs: 20 };
  await using bench = await openBench({ tls: { ...LOCAL, pair: PAIR }, bounds });
  const silent = connect({ ...LOCAL, port: bench.listener.secureAddress?.port ?? 0 });
  silent.on("error", () => undefined).resume();
  await new Promise<void>((resolve) => silent.once("close", () => resolve()));
  assert.equal(bench.accepted.untaken, 0);
});

test("there is an end to how many connections there are", async () => {
  await using bench = await openBench({ plain: LOCAL, bounds: { maxConnections: 1 } });
  const port = bench.listener.address?.port ?? 0;
  const [first, second] = [connect({ ...LOCAL, port }), connect({ ...LOCAL, port })];
  second.on("error", () => undefined).resume();
  await new Promise<void>((resolve) => second.once("close", () => resolve()));
  await bench.accepted.take();
  assert.equal(bench.accepted.untaken, 0);
  first.destroy();
});

test("closing cuts what is open, and may be done twice", async () => {
  await using bench = await openBench({ plain: LOCAL });
  const socket = connect({ ...LOCAL, port: bench.listener.address?.port ?? 0 });
  socket.on("error", () => undefined);
  await bench.accepted.take();
  const cut = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await bench.listener.close();
  await bench.listener.close();
  await cut;
});
