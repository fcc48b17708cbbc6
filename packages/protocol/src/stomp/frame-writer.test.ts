import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  NO_BODY,
  clientCommands,
  escapesOf,
  linesOf,
  mayHaveBody,
  opensSession,
  serverCommands,
  type StompFrame,
} from "./frame.ts";
import { HEART_BEAT_BYTES, writeFrame } from "./frame-writer.ts";
import { bytesOf, hear, oneFrame, textOf } from "./stream.fixture.ts";
import { stompVersions, type StompVersion } from "./version.ts";

const SEED = 20_261_127;

function written(frame: StompFrame, version: StompVersion): string {
  const bytes = writeFrame(frame, version);
  assert.ok(bytes.ok, bytes.ok ? "" : bytes.problem.detail);
  return textOf(bytes.value);
}

function send(...headers: readonly (readonly [name: string, value: string])[]): StompFrame {
  return { command: "SEND", headers: new Map(headers), body: NO_BODY };
}

/** Whether the frame has no form in the version. */
function isRefused(frame: StompFrame, version: StompVersion): boolean {
  const bytes = writeFrame(frame, version);
  if (!bytes.ok) assert.equal(bytes.problem.reason, "unwritable");
  return !bytes.ok;
}

test("what ends a line or a name is escaped as the version says [STOMP-ESCAPE-2, STOMP-ESCAPE-3]", () => {
  const frame = send(["a:b", "\\n\n:"]);
  assert.equal(written(frame, "1.1"), "SEND\na\\cb:\\\\n\\n\\c\n\n\0");
  assert.equal(written(frame, "1.2"), "SEND\na\\cb:\\\\n\\n\\c\n\n\0");
  assert.equal(written(send(["a", "b\r"]), "1.1"), "SEND\na:b\r\n\n\0");
  assert.equal(written(send(["a", "b\r"]), "1.2"), "SEND\na:b\\r\n\n\0");
});

test("1.0, CONNECT and CONNECTED are written without escapes [STOMP-ESCAPE-1, STOMP-ESCAPE-5]", () => {
  const headers = new Map([["passcode", "a:b\\c"]]);
  for (const command of ["CONNECT", "CONNECTED"] as const) {
    assert.equal(written({ command, headers, body: NO_BODY }, "1.2"), `${command}\npasscode:a:b\\c\n\n\0`);
  }
  assert.equal(written(send(["a", "a:b\\c"]), "1.0"), "SEND\na:a:b\\c\n\n\0");
  assert.equal(
    written({ command: "STOMP", headers, body: NO_BODY }, "1.2"),
    "STOMP\npasscode:a\\cb\\\\c\n\n\0",
  );
});

test("STOMP is escaped as in 1.2, for no version is agreed on yet [STOMP-ESCAPE-5, STOMP-FRAME-4]", () => {
  const frame: StompFrame = { command: "STOMP", headers: new Map([["login", "a:b\r"]]), body: NO_BODY };
  for (const version of stompVersions) assert.equal(written(frame, version), "STOMP\nlogin:a\\cb\\r\n\n\0");
});

test("a frame with a body says how long it is, in bytes [STOMP-BODY-5]", () => {
  const headers = new Map([["content-length", "99"]]);
  for (const command of ["SEND", "MESSAGE", "ERROR"] as const) {
    assert.equal(
      written({ command, headers, body: bytesOf("é\0") }, "1.2"),
      `${command}\ncontent-length:3\n\né\0\0`,
    );
    assert.equal(written({ command, headers, body: NO_BODY }, "1.2"), `${command}\n\n\0`);
  }
});

test("what a version cannot carry is not written [STOMP-WRITE-2]", () => {
  for (const version of stompVersions) {
    assert.ok(isRefused(send(["", "a"]), version));
    assert.ok(isRefused(send(["a\ud800", "a"]), version));
    assert.ok(isRefused(send(["a", "\udc00"]), version));
    assert.ok(isRefused({ ...send(), command: "RECEIPT", body: bytesOf("a") }, version));
    for (const command of ["CONNECT", "CONNECTED"] as const) {
      for (const [name, value] of [
        ["a:b", ""],
        ["a\nb", ""],
        ["a\rb", ""],
        ["a", "b\n"],
        ["a", "b\r"],
      ] as const) {
        assert.ok(isRefused({ ...send([name, value]), command }, version));
      }
    }
  }
  for (const header of [
    ["a:b", ""],
    ["a\nb", ""],
    ["a", "b\n"],
  ] as const) {
    assert.deepEqual(
      stompVersions.map((version) => isRefused(send(header), version)),
      [true, false, false],
    );
  }
});

test("a refusal names the header", () => {
  const bytes = writeFrame(send(["ok", "1"], ["wrong", "a\nb"]), "1.0");
  assert.ok(!bytes.ok);
  assert.deepEqual(bytes.problem, {
    reason: "unwritable",
    at: "SEND.wrong",
    detail: "STOMP 1.0 cannot carry it",
  });
});

test("a heart-beat is an end of line [STOMP-FRAME-5]", () => {
  const { beats, frames } = hear(Uint8Array.from(HEART_BEAT_BYTES));
  assert.deepEqual([beats, frames], [1, []]);
});

const header = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", ":", "\\", "\n", "\r", "\0", "n", "c", "r", " ", "é", "😀") }),
  fc.string({ unit: "binary", maxLength: 8 }),
);
const frames: fc.Arbitrary<StompFrame> = fc
  .record({
    command: fc.constantFrom(...clientCommands, ...serverCommands),
    headers: fc.array(fc.tuple(header, header), { maxLength: 6 }).map((pairs) => new Map(pairs)),
    body: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(bytesOf("\0\n\0"))),
  })
  .map((frame) => ({ ...frame, body: mayHaveBody(frame.command) ? frame.body : NO_BODY }));

/** Said once more, and from the other end: what the grammar of the version leaves room for. */
function isWritable({ command, headers }: StompFrame, version: StompVersion): boolean {
  const hasEscapes = escapesOf(command, version) !== "1.0";
  const isOneLine = (text: string): boolean => hasEscapes || !text.includes("\n");
  const hasNoCr = (text: string): boolean =>
    linesOf(command, version) !== "1.2" || hasEscapes || !text.includes("\r");
  return [...headers].every(
    ([name, value]) =>
      name !== "" &&
      (hasEscapes || !name.includes(":")) &&
      [name, value].every((text) => text.isWellFormed() && isOneLine(text) && hasNoCr(text)),
  );
}

for (const version of stompVersions) {
  test(`what is written in ${version} reads back as it was, however it is cut [STOMP-WRITE-1, STOMP-WRITE-2, STOMP-FRAME-9]`, () => {
    let kept = 0;
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 20 }), (frame, cut) => {
        const bytes = writeFrame(frame, version);
        assert.equal(bytes.ok, isWritable(frame, version));
        if (!bytes.ok) return;
        kept += 1;
        const how = opensSession(frame.command) ? { cut } : { cut, version };
        assert.deepEqual(oneFrame(bytes.value, how), frame);
      }),
      { seed: SEED, numRuns: 3_000 },
    );
    assert.ok(kept > 500);
  });
}

test("frames one after another read back in order [STOMP-WRITE-1, STOMP-FRAME-9]", () => {
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 5 }), fc.integer({ min: 1, max: 50 }), (many, cut) => {
      const later = many.filter(({ command }) => !opensSession(command));
      const bytes = later.map((frame) => writeFrame(frame, "1.2"));
      const whole = bytes.flatMap((each) => (each.ok ? [...each.value, 0x0a] : []));
      const read = hear(Uint8Array.from(whole), { version: "1.2", cut });
      assert.equal(read.problem, undefined);
      assert.deepEqual(
        read.frames,
        later.filter((_, index) => bytes[index]?.ok),
      );
    }),
    { seed: SEED, numRuns: 1_000 },
  );
});
