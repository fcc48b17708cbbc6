import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { subjects } from "../../src/ports/index.ts";
import type { LightAnnouncement } from "../../src/ports/index.ts";
import { frame, opcodes } from "../light-gateway-wire.ts";
import type { LightGatewayWire } from "../light-gateway-wire.ts";
import { asking, assertAnswered, assertClosed, assertPong, closing, openFrameBench } from "./frame-bench.ts";
import type { FrameBench } from "./frame-bench.ts";

const resources = new AsyncDisposableStack();
let bench: FrameBench;
before(async () => {
  bench = resources.use(await openFrameBench());
});
after(() => resources.disposeAsync());

const { close, ping, pong } = opcodes;

const payloads: readonly (readonly [kind: string, payload: Uint8Array])[] = [
  ["nothing", Buffer.of()],
  ["text", Buffer.from("hello")],
  ["what is no UTF-8", Buffer.of(0, 0xff, 0xfe, 0xc0)],
  ["125 bytes", Buffer.alloc(125, 7)],
];
for (const [kind, payload] of payloads) {
  test(`5.5.3: a ping with ${kind} is answered by a pong with the same [RFC6455-PING-1]`, async () => {
    const wire = await bench.wire();
    await wire.write(frame(payload, { opcode: ping, mask: Uint8Array.of(9, 8, 7, 6) }));
    await assertPong(wire, payload);
  });
}

test("5.5.3: pings in one segment are answered in their order [RFC6455-PING-1]", async () => {
  const wire = await bench.wire();
  const all = ["one", "two", "three"];
  await wire.write(Buffer.concat(all.map((payload) => frame(payload, { opcode: ping }))));
  for (const payload of all) await assertPong(wire, payload);
});

test("5.5.3: a pong that nobody asked for is a sign of life and nothing else [RFC6455-PING-2]", async () => {
  const wire = await bench.wire();
  for (const payload of ["", "unasked", "x".repeat(125)]) await wire.write(frame(payload, { opcode: pong }));
  await wire.write(frame(asking("d1")));
  await assertAnswered(wire, "d1");
});

for (const [kind, opcode] of Object.entries({ ping, pong, close })) {
  test(`5.5: a ${kind} of 126 bytes fails the connection [RFC6455-CONTROL-1]`, async () => {
    const wire = await bench.wire();
    await wire.write(frame(closing(1000, "x".repeat(124)), { opcode }));
    await assertClosed(wire, 1002);
  });
}

test("5.5.1: a close without a code is answered by one without [RFC6455-CLOSE-1]", async () => {
  const wire = await bench.wire();
  await wire.write(frame("", { opcode: close }));
  await assertClosed(wire, "none");
});

for (const code of [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
]) {
  test(`7.4: a close with ${code} is answered by the same, and TCP ends [RFC6455-CLOSE-1]`, async () => {
    const wire = await bench.wire();
    await wire.write(frame(closing(code, "é".repeat(61)), { opcode: close }));
    await assertClosed(wire, code);
  });
}

for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]) {
  test(`7.4: a close with ${code}, which may not be sent, fails the connection [RFC6455-CLOSE-2]`, async () => {
    const wire = await bench.wire();
    await wire.write(frame(closing(code), { opcode: close }));
    await assertClosed(wire, 1002);
  });
}

test("5.5.1: a close of one byte fails the connection [RFC6455-CLOSE-2]", async () => {
  const wire = await bench.wire();
  await wire.write(frame("x", { opcode: close }));
  await assertClosed(wire, 1002);
});

test("5.5.1: a close whose reason is no UTF-8 fails the connection [RFC6455-CLOSE-3]", async () => {
  const wire = await bench.wire();
  await wire.write(frame(closing(1000, Uint8Array.of(0xe2, 0x82)), { opcode: close }));
  await assertClosed(wire, 1007);
});

test("5.5.1: what follows a close is not read: no message, no ping, no other close [RFC6455-CLOSE-4]", async () => {
  const wire = await bench.wire();
  const more = [
    frame(asking("d1")),
    frame("hello", { opcode: ping }),
    frame(closing(4000), { opcode: close }),
  ];
  await wire.write(Buffer.concat([frame(closing(1000), { opcode: close }), ...more]));
  await assertClosed(wire, 1000);
});

test("7.1.7: nor is what follows a frame that fails the connection [RFC6455-CLOSE-4]", async () => {
  const wire = await bench.wire();
  await wire.write(
    Buffer.concat([frame("", { opcode: 3 }), frame(asking("d1")), frame("x", { opcode: ping })]),
  );
  await assertClosed(wire, 1002);
});

test("7.1.1: the ACS ends TCP first once both have closed [RFC6455-CLOSE-5]", async () => {
  const wire = await bench.wire();
  const ended = Promise.withResolvers<undefined>();
  wire.socket.allowHalfOpen = true;
  wire.socket.once("end", () => ended.resolve(undefined));
  await wire.write(frame(closing(1000), { opcode: close }));
  assert.equal((await wire.frames.take()).opcode, close);
  await ended.promise;
});

test("7.1.1: both may close at once, each with its own code, and one close of the ACS is all there is [RFC6455-CLOSE-6]", async () => {
  const { wire, announcement } = await announced();
  await wire.write(frame(closing(1000), { opcode: close }));
  disconnect(announcement);
  const { opcode, payload } = await wire.frames.take();
  assert.equal(opcode, close);
  assert.ok([1000, 4000].includes(payload.readUInt16BE(0)));
  await wire.gone.take();
  assert.equal(wire.frames.untaken, 0);
});

test("7.1.1: a close of the ACS that is answered ends TCP, and one that is not ends it in time [RFC6455-CLOSE-5]", async () => {
  for (const answers of [true, false]) {
    const { wire, announcement } = await announced();
    disconnect(announcement);
    const { opcode, payload } = await wire.frames.take();
    assert.equal(opcode, close);
    assert.equal(payload.readUInt16BE(0), 4000);
    if (answers) await wire.write(frame(payload, { opcode: close }));
    await wire.gone.take();
  }
});

test("5.5.1: after its close the ACS answers nothing more, a ping neither [RFC6455-CLOSE-4]", async () => {
  const { wire, announcement } = await announced();
  disconnect(announcement);
  await wire.write(Buffer.concat([frame(asking("d1")), frame("x", { opcode: ping })]));
  await assertClosed(wire, 4000);
});

const endings: readonly (readonly [kind: string, end: (wire: LightGatewayWire) => void])[] = [
  ["ends its side", (wire) => void wire.socket.end()],
  [
    "ends its side in the middle of a frame",
    (wire) => void wire.socket.end(frame(asking("d1")).subarray(0, 20)),
  ],
  ["resets it", (wire) => void wire.socket.resetAndDestroy()],
];
for (const [kind, end] of endings) {
  test(`7.1.5: a device that ${kind} without a close is gone, and TCP ends from here [RFC6455-CLOSE-7]`, async () => {
    const { wire, announcement } = await announced();
    end(wire);
    await wire.gone.take();
    const { connection } = await bench.light.engine.closed.take();
    assert.equal(connection, announcement.connection);
    assert.equal(wire.frames.untaken, 0);
  });
}

interface Announced {
  readonly wire: LightGatewayWire;
  readonly announcement: LightAnnouncement;
}

/** A connection that the engine owns, which knows of no other that is open. */
async function announced(): Promise<Announced> {
  const { connects, closed } = bench.light.engine;
  const wire = await bench.wire();
  while (connects.untaken > 1) await connects.take();
  const announcement = await connects.take();
  // A device that asks is answered once the connection is owned.
  await wire.write(frame(asking("owned")));
  await assertAnswered(wire, "owned");
  while (closed.untaken > 0) await closed.take();
  return { wire, announcement };
}

function disconnect({ connection, gateway }: LightAnnouncement): void {
  const reason = "another took its place";
  bench.light.ports.bus.publish(subjects.disconnect(gateway), { connection, code: 4000, reason });
}
