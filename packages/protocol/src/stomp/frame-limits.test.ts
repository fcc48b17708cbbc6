import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, hear, oneFrame, readerOf, refusal } from "./stream.fixture.ts";

const cuts = [undefined, 1, 7];

/** However it is cut. */
function bothWays(
  stream: string,
  limits: object,
): readonly (readonly [reason: string, at: string] | "read")[] {
  return cuts.map((cut) => {
    const how = cut === undefined ? { limits } : { limits, cut };
    return hear(stream, how).problem === undefined ? "read" : refusal(stream, how);
  });
}

const read = ["read", "read", "read"];
const overHead = cuts.map(() => ["over-limit", "head"]);
const overBody = cuts.map(() => ["over-limit", "body"]);

test("a line is at most as long as the limit [STOMP-LIMIT-1]", () => {
  const limits = { maxLineBytes: 16 };
  assert.deepEqual(bothWays(`SEND\na:${"b".repeat(14)}\n\n\0`, limits), read);
  assert.deepEqual(bothWays(`SEND\na:${"b".repeat(15)}\n\n\0`, limits), overHead);
  assert.deepEqual(bothWays(`SEND\na:${"é".repeat(8)}\n\n\0`, limits), overHead);
  assert.deepEqual(bothWays("b".repeat(17), limits), overHead);
  assert.deepEqual(bothWays(`SEND\na:${"b".repeat(15)}`, limits), overHead);
});

test("a frame has at most as many headers as the limit, repeated ones included [STOMP-LIMIT-1]", () => {
  const limits = { maxHeaders: 4 };
  assert.deepEqual(bothWays(`SEND\n${"a:b\n".repeat(4)}\n\0`, limits), read);
  assert.deepEqual(bothWays(`SEND\n${"a:b\n".repeat(5)}\n\0`, limits), overHead);
  assert.deepEqual(bothWays(`SEND\n${"a\n".repeat(5)}`, limits), overHead);
  assert.deepEqual(bothWays(`SEND\n${"a:b\r\n".repeat(4)}\r\n\0`, limits), read);
});

test("a body is at most as long as the limit [STOMP-LIMIT-2]", () => {
  const limits = { maxBodyBytes: 8 };
  for (const length of ["", "content-length:8\n"]) {
    assert.deepEqual(bothWays(`SEND\n${length}\n${"b".repeat(8)}\0`, limits), read);
  }
  assert.deepEqual(bothWays(`SEND\n\n${"b".repeat(9)}`, limits), overBody);
  assert.deepEqual(bothWays(`SEND\n\n${"b".repeat(9)}\0`, limits), overBody);
  assert.deepEqual(bothWays("SEND\ncontent-length:9\n\n", limits), overBody);
  assert.deepEqual(bothWays(`SEND\ncontent-length:${"9".repeat(15)}\n\n`, limits), overBody);
});

test("a frame is at most as long as the limit, whatever it is made of [STOMP-LIMIT-3]", () => {
  const limits = { maxFrameBytes: 32 };
  assert.deepEqual(bothWays(`SEND\n\n${"b".repeat(26)}\0`, limits), read);
  assert.deepEqual(bothWays(`SEND\n\n${"b".repeat(27)}\0`, limits), overBody);
  assert.deepEqual(bothWays(`SEND\n${"a:b\n".repeat(6)}\n\0`, limits), read);
  assert.deepEqual(bothWays(`SEND\n${"a:b\n".repeat(7)}\n\0`, limits), overHead);
  assert.deepEqual(bothWays(`SEND\n${"a:b\n".repeat(5)}\n${"b".repeat(7)}\0`, limits), overBody);
});

test("the limits are those of each frame, not of the stream [STOMP-LIMIT-3]", () => {
  const frame = "SEND\na:b\n\nbody\0\n";
  const limits = { maxFrameBytes: 16, maxHeaders: 1, maxBodyBytes: 4, maxLineBytes: 4 };
  for (const cut of [1, 5, 100]) {
    assert.equal(hear(frame.repeat(100), { limits, cut }).frames.length, 100);
  }
  assert.equal(oneFrame(`${"\n".repeat(1_000)}${frame}`, { limits }).body.length, 4);
});

test("nothing is set aside for a body that is only announced [STOMP-LIMIT-4]", () => {
  const announced = bytesOf("SEND\ncontent-length:1000000\n\nbody");
  const before = process.memoryUsage().arrayBuffers;
  const readers = Array.from({ length: 200 }, () => readerOf());
  for (const reader of readers) assert.deepEqual([...reader.read(announced)], []);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
  assert.equal(readers.length, 200);
});

test("a reader has no room for more than one frame [STOMP-LIMIT-4]", () => {
  const maxBodyBytes = 4_000_000;
  const reader = readerOf({ limits: { maxBodyBytes, maxFrameBytes: maxBodyBytes + 100 } });
  const piece = new Uint8Array(40_000).fill(0x61);
  const before = process.memoryUsage().arrayBuffers;
  assert.deepEqual([...reader.read(bytesOf("SEND\n\n"))], []);
  for (let at = 0; at < maxBodyBytes; at += piece.length) assert.deepEqual([...reader.read(piece)], []);
  // What it has outgrown may not have been collected yet.
  assert.ok(process.memoryUsage().arrayBuffers - before < maxBodyBytes * 3);
  const items = [...reader.read(piece)];
  assert.deepEqual(
    items.map((item) => (item.ok ? "read" : item.problem.reason)),
    ["over-limit"],
  );
});
