import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { frame, opcodes } from "../light-gateway-wire.ts";
import { asking, assertAnswered, assertClosed, assertPong, openFrameBench } from "./frame-bench.ts";
import type { FrameBench } from "./frame-bench.ts";

const resources = new AsyncDisposableStack();
let bench: FrameBench;
before(async () => {
  bench = resources.use(await openFrameBench());
});
after(() => resources.disposeAsync());

const KIB = 1024;
const { ping } = opcodes;

const masks = [
  [0, 0, 0, 0],
  [0xff, 0xff, 0xff, 0xff],
  [0x37, 0xfa, 0x21, 0x3d],
];
for (const bytes of masks) {
  const mask = Uint8Array.from(bytes);
  test(`5.3: what is masked with ${Buffer.from(mask).toString("hex")} is read, in frames of any kind [RFC6455-MASK-1]`, async () => {
    const wire = await bench.wire();
    await wire.write(frame(asking("d1", 301), { mask }));
    await assertAnswered(wire, "d1");
    await wire.write(frame("hello", { opcode: ping, mask }));
    await assertPong(wire, "hello");
  });
}

for (const [kind, opcode] of Object.entries(opcodes)) {
  test(`5.1: a ${kind} frame without a mask fails the connection [RFC6455-MASK-2]`, async () => {
    const wire = await bench.wire();
    if (opcode === opcodes.continuation) await wire.write(frame("{", { fin: false }));
    await wire.write(frame("", { opcode, masked: false }));
    await assertClosed(wire, 1002);
  });
}

test("5.1: frames of the ACS are not masked, have no reserved bit, and say their length in the fewest bytes [RFC6455-MASK-3]", async () => {
  const wire = await bench.wire();
  const heads: Buffer[] = [];
  wire.socket.on("data", (chunk: Buffer) => heads.push(chunk.subarray(0, 4)));
  await wire.write(frame("x".repeat(125), { opcode: ping }));
  await assertPong(wire, "x".repeat(125));
  assert.deepEqual(heads.shift()?.subarray(0, 2), Buffer.of(0x8a, 125));
  await wire.write(frame(asking("d1")));
  const { first, payload } = await wire.frames.take();
  assert.equal(first, 0x81);
  assert.ok(payload.length >= 126);
  assert.deepEqual(heads.shift(), Buffer.of(0x81, 126, payload.length >> 8, payload.length & 0xff));
});

for (const bits of [1, 2, 3, 4, 5, 6, 7]) {
  test(`5.2: the reserved bits ${bits.toString(2).padStart(3, "0")} fail the connection, on any frame [RFC6455-FRAME-1]`, async () => {
    for (const opcode of [opcodes.text, opcodes.ping, opcodes.close]) {
      const wire = await bench.wire();
      await wire.write(frame("", { opcode: opcode | (bits << 4) }));
      await assertClosed(wire, 1002);
    }
  });
}

for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
  test(`5.2: the reserved opcode ${opcode} fails the connection [RFC6455-FRAME-2]`, async () => {
    const wire = await bench.wire();
    await wire.write(frame("", { opcode }));
    await assertClosed(wire, 1002);
  });
}

for (const length of [125, 126, 127, 128, 65_535, 65_536, 65_537, 1024 * KIB]) {
  test(`5.2: a message of ${length} bytes is read whole [RFC6455-LENGTH-1]`, async () => {
    const wire = await bench.wire();
    const empty = asking("d1", 1).length - 1;
    const text = asking("d1", length - empty);
    assert.equal(text.length, length);
    await wire.write(frame(text));
    await assertAnswered(wire, "d1");
  });
}

for (const lengthBytes of [2, 8] as const) {
  test(`5.2: a short length in ${lengthBytes} bytes, which no sender may write, is read all the same [RFC6455-LENGTH-2]`, async () => {
    const wire = await bench.wire();
    await wire.write(frame(asking("d1"), { lengthBytes }));
    await assertAnswered(wire, "d1");
  });
  test(`5.5: a ping whose length stands in ${lengthBytes} bytes fails the connection [RFC6455-CONTROL-1]`, async () => {
    const wire = await bench.wire();
    await wire.write(frame("hello", { opcode: ping, lengthBytes }));
    await assertClosed(wire, 1002);
  });
}

const lengths: readonly (readonly [kind: string, head: readonly number[]])[] = [
  ["with its highest bit set", [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 5]],
  ["of all ones", [0x81, 0xff, 255, 255, 255, 255, 255, 255, 255, 255]],
  ["of 2^53 bytes", [0x81, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0]],
  ["of 1 MiB and a byte", [0x81, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 1]],
];
for (const [kind, head] of lengths) {
  test(`5.2: a length ${kind} fails the connection before any of the payload comes [RFC6455-LENGTH-3]`, async () => {
    const wire = await bench.wire();
    await wire.write(Uint8Array.from(head));
    await assertClosed(wire, 1009);
  });
}

test("5.2: frames are the same however TCP cuts them, byte by byte or several at once [RFC6455-FRAME-3]", async () => {
  const wire = await bench.wire();
  wire.socket.setNoDelay(true);
  for (const byte of frame(asking("d1"), { mask: Uint8Array.of(1, 2, 3, 4) }))
    await wire.write(Uint8Array.of(byte));
  await assertAnswered(wire, "d1");
  await wire.write(Buffer.concat([frame(asking("d2")), frame("", { opcode: ping }), frame(asking("d3"))]));
  await assertAnswered(wire, "d2");
  await assertAnswered(wire, "d3");
});
