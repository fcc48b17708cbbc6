import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { decodeStun, encodeStun, stunLimits, type StunMessage } from "@heliograph/protocol";
import { Arrivals, VirtualClock } from "@heliograph/testkit";
import type { LogFields } from "../../ports/index.ts";
import { startStunServer, type StunServer, type StunSettings } from "./stun-server.ts";

const OLD = "00112233445566778899aabbccddeeff";
const NEW = "2112a442b7e7a701bc34d686fa87dfae";
const LOOPBACK = { host: "127.0.0.1", port: 0 };

interface Bench extends AsyncDisposable {
  readonly server: StunServer;
  readonly clock: VirtualClock;
  readonly lines: readonly LogFields[];
  readonly socket: Socket;
  readonly port: number;
  readonly replies: Arrivals<StunMessage | string>;
  send(bytes: Uint8Array | string): void;
}

async function open(settings: Partial<StunSettings> = {}): Promise<Bench> {
  const clock = new VirtualClock();
  const lines: LogFields[] = [];
  const note = (_: string, fields: LogFields = {}): void => void lines.push(fields);
  const log = { info: note, warn: note, error: note };
  const server = await startStunServer({ clock, log }, { at: LOOPBACK, ...settings });
  const socket = createSocket("udp4");
  const replies = new Arrivals<StunMessage | string>("a datagram of the server");
  socket.on("message", (bytes) => {
    const read = decodeStun(bytes, stunLimits);
    replies.add(read.ok ? read.value : bytes.toString());
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    ...{ server, clock, lines, socket, replies },
    port: socket.address().port,
    send: (bytes) => {
      socket.send(bytes, server.address.port, "127.0.0.1");
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await server.close();
    },
  };
}

function request(transaction: string): Uint8Array {
  const flags = { forConnectionRequests: true, bindingChanged: false };
  return encodeStun({ type: "binding-request", transaction, ...flags, unknown: [] });
}

test("clients of both RFCs learn where they are seen, and are remembered there [CWMP-UDP-7]", async () => {
  await using bench = await open();
  const at = { host: "127.0.0.1", port: bench.port };
  assert.equal(bench.server.lastSeen(at), undefined);
  for (const transaction of [OLD, NEW]) {
    bench.send(request(transaction));
    assert.deepEqual(await bench.replies.take(), {
      type: "binding-response",
      transaction,
      mapped: { address: "127.0.0.1", port: bench.port },
    });
  }
  assert.equal(bench.server.lastSeen(at), bench.clock.elapsed());
  assert.equal(bench.server.lastSeen({ ...at, port: 1 }), undefined);
});

test("by IPv6, a device is told its IPv4 address where it has one [CWMP-UDP-7]", async (t) => {
  const opened = await open({ at: { host: "::", port: 0 } }).catch((error: unknown) => error);
  if (opened instanceof Error) {
    t.skip(`no IPv6 here: ${opened.message}`);
    return;
  }
  assert.ok(isBench(opened));
  await using bench = opened;
  bench.send(request(NEW));
  const reply = await bench.replies.take();
  assert.ok(typeof reply !== "string" && reply.type === "binding-response");
  assert.equal(reply.mapped.address, "127.0.0.1");
});

function isBench(value: unknown): value is Bench {
  return typeof value === "object" && value !== null && "server" in value;
}

test("what the ACS sends leaves from the socket that was asked [CWMP-UDP-5]", async () => {
  await using bench = await open();
  const ports = new Arrivals<number>("a datagram");
  bench.socket.on("message", (_, { port }) => {
    ports.add(port);
  });
  await bench.server.send(new TextEncoder().encode("hello"), { host: "127.0.0.1", port: bench.port });
  assert.equal(await bench.replies.take(), "hello");
  assert.equal(await ports.take(), bench.server.address.port);
});

test("what is malformed, an answer itself, or too much is dropped, counted, and told of once a minute", async () => {
  await using bench = await open({ quota: { each: 4, all: 100 } });
  const mapped = { address: "192.0.2.1", port: 1 };
  bench.send("what?");
  bench.send(encodeStun({ type: "binding-response", transaction: OLD, mapped }));
  for (let count = 0; count < 5; count += 1) bench.send(request(OLD));
  await bench.replies.take();
  await bench.replies.take();
  assert.deepEqual(bench.lines, [{ malformed: 1 }]);
  await bench.clock.advance(60_000);
  bench.send("what?");
  bench.send(request(OLD));
  await bench.replies.take();
  assert.equal(bench.replies.untaken, 0, "more was answered than the quota allows");
  assert.deepEqual(bench.lines, [{ malformed: 1 }, { malformed: 2, tooMany: 3 }]);
});

test("a socket that is in use cannot be listened on", async () => {
  await using bench = await open();
  const { port } = bench.server.address;
  await assert.rejects(open({ at: { host: "127.0.0.1", port } }), { code: "EADDRINUSE" });
});
