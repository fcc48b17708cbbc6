import assert from "node:assert/strict";
import { test } from "node:test";
import { eventStreamParser, type StreamMessage } from "./event-stream.ts";

const LIMIT = 1_000;

function parse(...pieces: readonly string[]): readonly StreamMessage[] {
  const parser = eventStreamParser(LIMIT);
  return pieces.flatMap((piece) => parser.push(piece));
}

test("a block is a message once its empty line came", () => {
  assert.deepEqual(parse("id: 7\nevent: boot\ndata: {}\n"), []);
  assert.deepEqual(parse("id: 7\nevent: boot\ndata: {}\n", "\n"), [{ id: "7", data: "{}" }]);
});

test("a block without data moves the id and carries nothing", () => {
  assert.deepEqual(parse(": \nid: 9\n\n"), [{ id: "9" }]);
});

test("an id holds for the messages after it until another comes", () => {
  assert.deepEqual(parse("id: 1\ndata: a\n\ndata: b\n\n"), [
    { id: "1", data: "a" },
    { id: "1", data: "b" },
  ]);
});

test("several data lines are one text of several lines", () => {
  assert.deepEqual(parse("data: a\ndata:b\ndata\n\n"), [{ id: "", data: "a\nb\n" }]);
});

for (const [name, end] of [
  ["LF", "\n"],
  ["CRLF", "\r\n"],
  ["CR", "\r"],
] as const) {
  test(`a stream with ${name} says the same wherever it is cut`, () => {
    const whole = ["id: 1", "data: ä", "", ": quiet", "id: 2", "", "data: z", "", ""].join(end);
    const expected = [{ id: "1", data: "ä" }, { id: "2" }, { id: "2", data: "z" }];
    for (let cut = 0; cut <= whole.length; cut++) {
      const messages = parse(whole.slice(0, cut), whole.slice(cut), "x");
      assert.deepEqual(messages, expected, `cut at ${cut}`);
    }
  });
}

test("a block over the limit is refused before it is whole", () => {
  const parser = eventStreamParser(LIMIT);
  assert.throws(() => {
    for (let piece = 0; piece < 20; piece++) parser.push(`data: ${"x".repeat(100)}\n`);
  }, RangeError);
});
