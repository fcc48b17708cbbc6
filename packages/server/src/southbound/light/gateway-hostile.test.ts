import assert from "node:assert/strict";
import { test } from "node:test";
import { openLightBench } from "../../../test/light-gateway-bench.ts";
import type { Connected, LightBench } from "../../../test/light-gateway-bench.ts";
import { frame, opcodes, openLightWire } from "../../../test/light-gateway-wire.ts";
import type { LightGatewayWire } from "../../../test/light-gateway-wire.ts";

const KIB = 1024;
const kicked = { jsonrpc: "2.0", method: "Kicked", params: {} };

/** A device that a test may have do anything, and one beside it that must not feel it. */
async function withNeighbour(bench: LightBench): Promise<{
  readonly wire: LightGatewayWire;
  readonly hostile: Connected["announcement"];
  readonly neighbour: Connected;
}> {
  const neighbour = await bench.attach("neighbour");
  const { token } = await bench.enrol("hostile");
  const wire = await openLightWire(bench.port, token);
  return { wire, hostile: await bench.engine.connects.take(), neighbour };
}

/** The neighbour asks and is asked as ever. */
async function assertUnhurt(bench: LightBench, { device, announcement }: Connected): Promise<void> {
  assert.equal((await device.ask("GetRPCMethods")).error, undefined);
  const called = bench.engine.call(announcement, "reboot", { method: "Reboot", params: {} });
  device.say({ id: (await device.hear()).id, result: {} });
  assert.equal((await called).type, "answered");
}

const endings: readonly (readonly [what: string, bytes: Buffer, code: number])[] = [
  ["a binary message [LIGHT-TOKEN-13]", frame("{}", { opcode: opcodes.binary }), 1003],
  ["what is no JSON [LIGHT-TOKEN-1]", frame("hello"), 1003],
  ["a message over the limit [LIGHT-TOKEN-14]", frame("", { length: 1024 * KIB + 1 }), 1009],
  [
    "a message over the limit in pieces [LIGHT-TOKEN-14]",
    Buffer.concat([
      frame("x".repeat(600 * KIB), { fin: false }),
      frame("x".repeat(600 * KIB), { opcode: opcodes.continuation }),
    ]),
    1009,
  ],
  ["text that is no UTF-8", frame(Buffer.from([0xc3, 0x28])), 1007],
  ["a frame without a mask", frame("{}", { masked: false }), 1002],
  ["a frame of an unknown kind", frame("{}", { opcode: 3 }), 1002],
  ["a continuation of nothing", frame("{}", { opcode: opcodes.continuation }), 1002],
  ["a ping that is too long", frame("x".repeat(126), { opcode: opcodes.ping }), 1002],
];
for (const [what, bytes, code] of endings) {
  test(`${what} ends the connection with ${code}, and no other`, async () => {
    await using bench = await openLightBench();
    const { wire, hostile, neighbour } = await withNeighbour(bench);
    await wire.write(bytes);
    assert.equal(await wire.closeCode(), code);
    const { connection, detail } = await bench.engine.closed.take();
    assert.equal(connection, hostile.connection);
    assert.match(detail ?? "", new RegExp(`^the ACS closed it with ${code}: `));
    await assertUnhurt(bench, neighbour);
  });
}

test("a message in pieces of a byte, with pings between them, is read", async () => {
  await using bench = await openLightBench();
  const { wire } = await withNeighbour(bench);
  const text = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: "d1", method: "GetRPCMethods" }));
  for (const [index, byte] of text.entries()) {
    const fin = index === text.length - 1;
    const opcode = index === 0 ? opcodes.text : opcodes.continuation;
    await wire.write(frame(Buffer.from([byte]), { opcode, fin }));
    if (index % 10 === 0) await wire.write(frame("hi", { opcode: opcodes.ping }));
  }
  await wire.write(frame("", { opcode: opcodes.ping }));
  const kinds = [];
  for (let count = 0; count < 7; count += 1) kinds.push((await wire.frames.take()).opcode);
  assert.equal(kinds.filter((opcode) => opcode === opcodes.text).length, 1);
});

test("the longest message is read in pieces of 64 bytes", async () => {
  await using bench = await openLightBench();
  const { wire } = await withNeighbour(bench);
  const empty = JSON.stringify({ ...kicked, id: "d1", method: "X_001122_Long", params: { Text: "" } });
  const text = Buffer.from(empty.replace('""', `"${"x".repeat(1024 * KIB - empty.length)}"`));
  assert.equal(text.length, 1024 * KIB);
  const pieces = [];
  for (let at = 0; at < text.length; at += 64) {
    const opcode = at === 0 ? opcodes.text : opcodes.continuation;
    pieces.push(frame(text.subarray(at, at + 64), { opcode, fin: at + 64 >= text.length }));
  }
  await wire.write(Buffer.concat(pieces));
  assert.match(await wire.text(), /-32601/);
});

test("a message whose pieces carry next to nothing ends the connection", async () => {
  await using bench = await openLightBench({ bounds: { maxMessageBytes: 64 * KIB } });
  const { wire, neighbour } = await withNeighbour(bench);
  const piece = frame("x", { opcode: opcodes.continuation, fin: false });
  await wire.write(Buffer.concat([frame("x", { fin: false }), ...Array<Buffer>(2_000).fill(piece)]));
  assert.equal(await wire.closeCode(), 1008);
  await assertUnhurt(bench, neighbour);
});

test("JSON that is nested a hundred thousand times is refused like any other", async () => {
  await using bench = await openLightBench();
  const { wire, neighbour } = await withNeighbour(bench);
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  await wire.write(frame(deep));
  assert.match(await wire.text(), /"id":null.*-32600/);
  await wire.write(frame(`{"jsonrpc":"2.0","id":"a0","result":{"deep":${deep}}}`));
  await wire.say({ id: "d1", method: "GetRPCMethods" });
  assert.match(await wire.text(), /"id":"d1"/);
  assert.equal(bench.engine.answers.untaken, 0);
  await assertUnhurt(bench, neighbour);
});

const SLOW = { messagesPerSecond: 10, messageBurst: 30, maxInFlight: 100 };

test("over the rate requests get fault 8004 and streams are dropped; who goes on for ten seconds is closed with 4003", async () => {
  await using bench = await openLightBench({ bounds: SLOW });
  const { wire, hostile, neighbour } = await withNeighbour(bench);
  await wire.say({ id: "d0", method: "Attach" });
  await wire.text();
  const flood = Buffer.concat(Array<Buffer>(40).fill(frame(JSON.stringify(kicked))));
  await wire.write(flood);
  await wire.say({ id: "d1", method: "GetRPCMethods" });
  assert.match(await wire.text(), /"id":"d1","error":\{"code":8004/);
  assert.equal(bench.engine.reports.untaken, 29);
  await assertUnhurt(bench, neighbour);

  for (let second = 0; second < 9; second += 1) {
    await bench.clock.advance(1_000);
    await wire.write(flood);
    await wire.say({ id: "d2", method: "GetRPCMethods" });
    assert.match(await wire.text(), /8004/);
  }
  await bench.clock.advance(1_000);
  await wire.write(flood);
  assert.equal(await wire.closeCode(), 4003);
  assert.equal((await bench.engine.closed.take()).connection, hostile.connection);
  await assertUnhurt(bench, neighbour);
});

test("who heeds fault 8004 is served again", async () => {
  await using bench = await openLightBench({ bounds: SLOW });
  const { wire } = await withNeighbour(bench);
  for (let round = 0; round < 20; round += 1) {
    await wire.write(Buffer.concat(Array<Buffer>(35).fill(frame(JSON.stringify(kicked)))));
    await wire.say({ id: round, method: "GetRPCMethods" });
    assert.match(await wire.text(), /8004/);
    await bench.clock.advance(2_000);
    await wire.say({ id: round, method: "GetRPCMethods" });
    assert.match(await wire.text(), /MethodList/);
  }
});

test("pings and empty messages count as well", async () => {
  for (const bytes of [frame("", { opcode: opcodes.ping }), frame("", { opcode: opcodes.pong }), frame("")]) {
    await using bench = await openLightBench({ bounds: SLOW });
    const { wire, neighbour } = await withNeighbour(bench);
    for (let second = 0; second < 10; second += 1) {
      await wire.write(Buffer.concat(Array<Buffer>(40).fill(bytes)));
      await wire.write(frame("probe", { opcode: opcodes.ping }));
      for (;;) if ((await wire.frames.take()).payload.toString("utf8") === "probe") break;
      await bench.clock.advance(1_000);
    }
    await wire.write(Buffer.concat(Array<Buffer>(40).fill(bytes)));
    assert.equal(await wire.closeCode(), 4003);
    await assertUnhurt(bench, neighbour);
  }
});

test("who answers what it is asked may do so as fast as it likes", async () => {
  await using bench = await openLightBench({ bounds: { messagesPerSecond: 1, messageBurst: 2 } });
  const { device, announcement } = await bench.attach();
  for (let count = 0; count < 50; count += 1) {
    const called = bench.engine.call(announcement, `a${count}`, { method: "Reboot", params: {} });
    device.say({ id: (await device.hear()).id, result: {} });
    assert.equal((await called).type, "answered");
  }
});

test("long messages of a device that sends too much are not read any more", async () => {
  await using bench = await openLightBench({ bounds: { messagesPerSecond: 1, messageBurst: 10 } });
  const { wire } = await withNeighbour(bench);
  const params = { Text: "x".repeat(160 * KIB) };
  const long = frame(JSON.stringify({ jsonrpc: "2.0", id: "d1", method: "X_001122_Long", params }));
  await wire.write(Buffer.concat([long, long]));
  assert.match(await wire.text(), /"id":"d1","error":\{"code":-32601/);
  assert.match(await wire.text(), /"id":null,"error":\{"code":8004/);
});

const write = { method: "X_001122_Write", params: { Text: "x".repeat(900 * KIB) } };

/** Has the engine call until so many bytes wait in the gateway for a device that does not read. */
async function fill(
  bench: LightBench,
  {
    wire,
    hostile,
    calls,
  }: { readonly wire: LightGatewayWire; readonly hostile: Connected["announcement"]; readonly calls: number },
): Promise<{ readonly ends: () => Promise<readonly string[]> }> {
  await wire.say({ id: "d0", method: "Attach", params: { MaxInFlight: 100 } });
  await wire.frames.take();
  wire.socket.pause();
  const outcomes: Promise<string>[] = [];
  for (let count = 0; count < calls; count += 1) {
    outcomes.push(bench.engine.call(hostile, `a${count}`, write).then(({ type }) => type));
  }
  return { ends: () => Promise.all(outcomes) };
}

test("a device that does not read what it is sent is closed with 4002 after 30 s, and its calls are owed", async () => {
  await using bench = await openLightBench({ bounds: { maxBufferedBytes: 4 * 1024 * KIB } });
  const { wire, hostile, neighbour } = await withNeighbour(bench);
  const { ends } = await fill(bench, { wire, hostile, calls: 15 });
  await bench.clock.advance(29_000);
  assert.equal(bench.engine.closed.untaken, 0);
  await bench.clock.advance(2_000);
  const { connection, detail } = await bench.engine.closed.take();
  assert.equal(connection, hostile.connection);
  assert.equal(detail, "the ACS closed it with 4002: it does not read what it is sent");
  assert.deepEqual(new Set(await ends()), new Set(["no-answer"]));
  await assertUnhurt(bench, neighbour);
});

test("a device that reads in the end is kept", async () => {
  await using bench = await openLightBench({ bounds: { maxBufferedBytes: 4 * 1024 * KIB } });
  const { wire, hostile } = await withNeighbour(bench);
  await fill(bench, { wire, hostile, calls: 15 });
  await bench.clock.advance(20_000);
  wire.socket.resume();
  for (let count = 0; count < 15; count += 1) {
    await wire.text();
  }
  await bench.clock.advance(15_000);
  assert.equal(bench.engine.closed.untaken, 0);
});

test("a device for which four times the bound would wait is closed with 4002 at once, and is not sent any more", async () => {
  await using bench = await openLightBench({ bounds: { maxBufferedBytes: 1024 * KIB } });
  const { wire, hostile, neighbour } = await withNeighbour(bench);
  const { ends } = await fill(bench, { wire, hostile, calls: 20 });
  assert.match((await bench.engine.closed.take()).detail ?? "", /4002/);
  const types = await ends();
  assert.equal(types[0], "no-answer");
  assert.equal(types.at(-1), "not-sent");
  await assertUnhurt(bench, neighbour);
});

test("where too much waits to be sent to all devices together, the one that makes it so is cut", async () => {
  const bounds = { maxBufferedBytes: 100 * 1024 * KIB, maxAllBufferedBytes: 4 * 1024 * KIB };
  await using bench = await openLightBench({ bounds });
  const { wire, hostile, neighbour } = await withNeighbour(bench);
  await fill(bench, { wire, hostile, calls: 15 });
  await bench.clock.advance(1_000);
  const { connection, detail } = await bench.engine.closed.take();
  assert.equal(connection, hostile.connection);
  assert.match(detail ?? "", /4002/);
  await assertUnhurt(bench, neighbour);
});

test("where unfinished messages of all devices together are too much, those with the longest are cut, and come back", async () => {
  await using bench = await openLightBench({ bounds: { maxAllUnfinishedBytes: 1024 * KIB } });
  const { wire, hostile, neighbour } = await withNeighbour(bench);
  const { token } = await bench.enrol("honest");
  const honest = await openLightWire(bench.port, token);
  await bench.engine.connects.take();
  await honest.write(frame("x".repeat(300 * KIB), { fin: false }));
  await wire.write(frame("x".repeat(900 * KIB), { fin: false }));
  for (const device of [honest, wire]) {
    await device.write(frame("", { opcode: opcodes.ping }));
    await device.frames.take();
  }
  await bench.clock.advance(1_000);
  const { connection, detail } = await bench.engine.closed.take();
  assert.equal(connection, hostile.connection);
  assert.equal(detail, "the ACS closed it with 1001: 10");
  await bench.clock.advance(10_000);
  assert.equal(bench.engine.closed.untaken, 0);
  await assertUnhurt(bench, neighbour);
});

test("messages that came to their end are not counted as unfinished", async () => {
  await using bench = await openLightBench({ bounds: { maxAllUnfinishedBytes: 64 * KIB } });
  const { wire } = await withNeighbour(bench);
  const params = { Text: "x".repeat(200 * KIB) };
  for (let count = 0; count < 3; count += 1) {
    await wire.say({ id: count, method: "X_001122_Long", params });
    await wire.frames.take();
    for (let ping = 0; ping < 20; ping += 1) {
      await wire.write(frame("x".repeat(125), { opcode: opcodes.ping }));
      await wire.frames.take();
    }
    await bench.clock.advance(1_000);
  }
  assert.equal(bench.engine.closed.untaken, 0);
});
