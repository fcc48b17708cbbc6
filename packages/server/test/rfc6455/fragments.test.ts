import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { frame, opcodes } from "../light-gateway-wire.ts";
import {
  asking,
  assertAnswered,
  assertClosed,
  assertPong,
  fragments,
  openFrameBench,
} from "./frame-bench.ts";
import type { FrameBench } from "./frame-bench.ts";

const resources = new AsyncDisposableStack();
let bench: FrameBench;
before(async () => {
  bench = resources.use(await openFrameBench());
});
after(() => resources.disposeAsync());

const { binary, close, continuation, ping, pong, text } = opcodes;

test("5.4: a message in two pieces is one [RFC6455-FRAGMENT-1]", async () => {
  const wire = await bench.wire();
  const whole = asking("d1");
  await wire.write(Buffer.concat(fragments([whole.slice(0, 9), whole.slice(9)])));
  await assertAnswered(wire, "d1");
});

test("5.4: empty pieces count as pieces, first, last and between [RFC6455-FRAGMENT-1]", async () => {
  const wire = await bench.wire();
  const whole = asking("d1");
  await wire.write(Buffer.concat(fragments(["", whole.slice(0, 9), "", whole.slice(9), ""])));
  await assertAnswered(wire, "d1");
  await wire.write(Buffer.concat([...fragments(["", "", ""]), frame(asking("d2"))]));
  await assertAnswered(wire, "d2");
});

test("5.4: a message in 10,000 pieces is read [RFC6455-FRAGMENT-2]", async () => {
  const wire = await bench.wire();
  const whole = asking("d1", 10_000).slice(0, -2);
  const pieces = Array.from({ length: 9_999 }, (_, at) => whole.slice(at, at + 1));
  await wire.write(Buffer.concat(fragments([...pieces, `${whole.slice(9_999)}"}`])));
  await assertAnswered(wire, "d1");
});

test("10.4: a message in pieces without number or end fails the connection [RFC6455-FRAGMENT-2]", async () => {
  const wire = await bench.wire();
  const piece = frame("", { opcode: continuation, fin: false });
  await wire.write(Buffer.concat([frame("", { fin: false }), ...Array<Buffer>(20_000).fill(piece)]));
  await assertClosed(wire, 1008);
});

test("5.4: control frames may stand between the pieces, and are answered before the message is whole [RFC6455-FRAGMENT-3]", async () => {
  const wire = await bench.wire();
  const [first = Buffer.of(), second = Buffer.of(), third = Buffer.of()] = fragments([
    asking("d1").slice(0, 5),
    "",
    asking("d1").slice(5),
  ]);
  await wire.write(Buffer.concat([first, frame("one", { opcode: ping }), second]));
  await assertPong(wire, "one");
  await wire.write(Buffer.concat([frame("unasked", { opcode: pong }), frame("two", { opcode: ping })]));
  await assertPong(wire, "two");
  await wire.write(third);
  await assertAnswered(wire, "d1");
});

test("5.5.1: a close frame between the pieces closes, and the message is never one [RFC6455-FRAGMENT-3]", async () => {
  const wire = await bench.wire();
  const [first = Buffer.of(), second = Buffer.of()] = fragments([
    asking("d1").slice(0, 5),
    asking("d1").slice(5),
  ]);
  await wire.write(Buffer.concat([first, frame(Uint8Array.of(3, 232), { opcode: close }), second]));
  await assertClosed(wire, 1000);
});

const broken: readonly (readonly [kind: string, frames: readonly Buffer[]])[] = [
  ["a continuation of nothing", [frame("{}", { opcode: continuation })]],
  ["a continuation of nothing that goes on", [frame("{}", { opcode: continuation, fin: false })]],
  ["a continuation after a message that is whole", [frame(""), frame("", { opcode: continuation })]],
  ["a text in the middle of a message", [frame("{", { fin: false }), frame("{}")]],
  ["a binary in the middle of a message", [frame("{", { fin: false }), frame("{}", { opcode: binary })]],
  [
    "a message that begins in the middle of another",
    [frame("{", { fin: false }), frame("{", { fin: false, opcode: text })],
  ],
];
for (const [kind, frames] of broken) {
  test(`5.4: ${kind} fails the connection [RFC6455-FRAGMENT-4]`, async () => {
    const wire = await bench.wire();
    await wire.write(Buffer.concat(frames));
    await assertClosed(wire, 1002);
  });
}

for (const opcode of [ping, pong, close]) {
  test(`5.5: a control frame of kind ${opcode} in pieces fails the connection [RFC6455-CONTROL-2]`, async () => {
    const wire = await bench.wire();
    await wire.write(frame("", { opcode, fin: false }));
    await assertClosed(wire, 1002);
  });
}

test("5.6: characters may be cut anywhere, between pieces as between segments [RFC6455-UTF-1]", async () => {
  const wire = await bench.wire();
  const id = "é€😀\u{10ffff}\u0000";
  const bytes = Buffer.from(asking(id));
  await wire.write(Buffer.concat(fragments([...bytes].map((byte) => Uint8Array.of(byte)))));
  await assertAnswered(wire, id);
  await wire.write(frame(bytes));
  await assertAnswered(wire, id);
});

const invalid: readonly (readonly [kind: string, bytes: readonly number[]])[] = [
  ["a byte that never occurs", [0xff]],
  ["a continuation byte alone", [0x80]],
  ["a character that is cut off", [0xe2, 0x82]],
  ["a character that is cut off by another", [0xe2, 0x82, 0x41]],
  ["an overlong slash", [0xc0, 0xaf]],
  ["an overlong NUL", [0xe0, 0x80, 0x80]],
  ["half a surrogate", [0xed, 0xa0, 0x80]],
  ["a pair of surrogates", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ["a character beyond the last", [0xf4, 0x90, 0x80, 0x80]],
  ["a character of five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80]],
];
for (const [kind, bytes] of invalid) {
  test(`8.1: text with ${kind} fails the connection, whole or in pieces [RFC6455-UTF-2]`, async () => {
    const message = [Buffer.from('{"id":"'), Uint8Array.from(bytes), Buffer.from('"}')];
    const whole = await bench.wire();
    await whole.write(frame(Buffer.concat(message)));
    await assertClosed(whole, 1007);
    const cut = await bench.wire();
    await cut.write(Buffer.concat(fragments([...Buffer.concat(message)].map((byte) => Uint8Array.of(byte)))));
    await assertClosed(cut, 1007);
  });
}

test("8.1: a byte-order mark at the beginning of a text is part of it [RFC6455-UTF-3]", async () => {
  const wire = await bench.wire();
  await wire.write(frame("\u{feff}{}"));
  await assertClosed(wire, 1003);
  assert.equal(wire.frames.untaken, 0);
});
