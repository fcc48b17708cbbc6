import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz } from "@heliograph/testkit";
import type { Decoded } from "../decoded.ts";
import { problems } from "../problems.ts";
import { decodeClientFrame, encodeClientFrame } from "./client-frame.ts";
import { opensSession, type StompFrame } from "./frame.ts";
import { writeFrame } from "./frame-writer.ts";
import { decodeServerFrame, encodeServerFrame, errorFrame } from "./server-frame.ts";
import { bytesOf, hear, oneFrame, type Heard } from "./stream.fixture.ts";
import { stompVersions, type StompVersion } from "./version.ts";

const seeds = [
  "CONNECT\naccept-version:1.1,1.2\nhost:acs.example\nheart-beat:10000,0\npasscode:a:b\\c\n\n\0\n",
  "STOMP\r\naccept-version:1.2\r\nlogin:a\\cb\r\n\r\n\0",
  'SEND\ndestination:/responses\nrequest-id:a1\nstatus:ok\ncontent-length:13\n\n{"Status":0}\0\0',
  "SUBSCRIBE\nid:0\ndestination:/requests\nack:client-individual\nreceipt:r\\n1\n\n\0\n\n",
  "BEGIN\ntransaction:t\n\n\0ACK\nid:1\nsubscription:0\nmessage-id:m\ntransaction:t\n\n\0COMMIT\ntransaction:t\n\n\0",
  "CONNECTED\nversion:1.2\nheart-beat:0,30000\nserver:heliograph\n\n\0",
  "MESSAGE\nsubscription:0\nmessage-id:7\ndestination:/requests\nack:1\n\n{}\0ERROR\nmessage:no\n\nwhy\0",
];
const tokens = [
  ...["\n", "\r\n", "\n\n", "\r\n\r\n", "\r", "\0", "\0\n", ":", "\\n", "\\r", "\\c", "\\\\", "\\t", "\\"],
  ...["SEND\n", "CONNECT\n", "MESSAGE\n", "DISCONNECT\n", "NACK\n", "a:b\n", ":b\n", "content-length:1\n"],
  ...["content-length:99999999999\n", "content-length:-1\n", "receipt:1\n", "ack:auto\n", "heart-beat:1,\n"],
];
const limits = { maxLineBytes: 200, maxHeaders: 16, maxBodyBytes: 2_000, maxFrameBytes: 3_000 };

/** Frames or a declared problem, the same however the stream is cut; what a frame means is written, and read again. */
function judge(text: string): void {
  const bytes = bytesOf(text);
  for (const version of [undefined, ...stompVersions]) {
    const whole = hear(bytes, { version, limits });
    for (const cut of [1, 3, 64]) isSame(hear(bytes, { version, limits, cut }), whole);
    if (whole.problem !== undefined) isDeclared({ ok: false, problem: whole.problem });
    for (const frame of whole.frames) judgeFrame(frame, version ?? "1.2");
  }
}

/** But for its signs of life, which are counted by piece. */
function isSame({ frames, problem }: Heard, whole: Heard): void {
  assert.deepEqual(frames, whole.frames);
  assert.deepEqual(problem, whole.problem);
}

function isDeclared(decoded: Decoded<unknown>): void {
  if (decoded.ok) return;
  const { reason, at, detail } = decoded.problem;
  assert.ok(Object.hasOwn(problems, reason) && at !== "" && detail !== "");
  assert.ok(writeFrame(encodeServerFrame(errorFrame(decoded.problem)), "1.0").ok, "it makes no ERROR");
}

function judgeFrame(frame: StompFrame, version: StompVersion): void {
  // One that opens a session has another form in the others.
  if (!opensSession(frame.command) || version === "1.2") {
    assert.deepEqual(rewritten(frame, version), frame);
  }
  const client = decodeClientFrame(frame, version);
  isDeclared(client);
  if (client.ok) {
    assert.deepEqual(decodeClientFrame(encodeClientFrame(client.value), version), client);
  }
  const server = decodeServerFrame(frame, version);
  isDeclared(server);
  if (server.ok) assert.deepEqual(decodeServerFrame(encodeServerFrame(server.value), version), server);
  assert.ok(!client.ok || !server.ok);
}

function rewritten(frame: StompFrame, version: StompVersion): StompFrame {
  const bytes = writeFrame(frame, version);
  assert.ok(bytes.ok, "what was read cannot be written");
  return oneFrame(bytes.value, { version });
}

test("any bytes give frames, however they are cut, or a declared problem [STOMP-FRAME-9, STOMP-FRAME-10, STOMP-WRITE-1]", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 2_000 }));

/** What a reader has to do over and over: each stream is as long as asked, and none is refused. */
const streams: Readonly<Record<string, (length: number) => string>> = {
  "one header": (length) => `SEND\na:${"b".repeat(length)}\n\n\0`,
  "escapes in one header": (length) => `SEND\na:${"\\\\\\n".repeat(length / 4)}\n\n\0`,
  "many headers": (length) => `SEND\n${"abc:def\n".repeat(length / 8)}\n\0`,
  "a body": (length) => `SEND\n\n${"b".repeat(length)}\0`,
  "a body of NULs": (length) => `SEND\ncontent-length:${length}\n\n${"\0".repeat(length)}\0`,
  "signs of life": (length) => "\r\n".repeat(length / 2),
  "frames without anything": (length) => "BEGIN\n\n\0".repeat(length / 8),
  "a header that goes on": (length) => `SEND\na:${"b".repeat(length)}`,
};
const SHORT = 40_000;
const FACTOR = 4;
const MOST = SHORT * FACTOR * 2;
const roomy = { maxLineBytes: MOST, maxHeaders: MOST, maxBodyBytes: MOST, maxFrameBytes: MOST };

for (const [name, written] of Object.entries(streams)) {
  test(`the time for ${name} grows no faster than the bytes, in one piece or one by one [STOMP-FRAME-10]`, () => {
    for (const cut of [MOST, 1]) {
      const [short, long] = [bytesOf(written(SHORT)), bytesOf(written(SHORT * FACTOR))];
      const less = leastTime(() => assert.equal(hear(short, { cut, limits: roomy }).problem, undefined));
      const more = leastTime(() => assert.equal(hear(long, { cut, limits: roomy }).problem, undefined));
      assert.ok(
        more < (less + CLOCK_US) * MOST_GROWTH,
        `${less} µs, but ${more} µs for ${FACTOR} times as much`,
      );
    }
  });
}

/** Time in proportion is {@link FACTOR} times as much, time that grows by the square 16 times. */
const MOST_GROWTH = 8;
/** A thread's own time may be counted in steps as long as this. */
const CLOCK_US = 5_000;

/** Microseconds of this thread; the least of a few, for it is now and then made to wait. */
function leastTime(action: () => void): number {
  const times = [1, 2, 3].map(() => {
    const before = process.threadCpuUsage();
    action();
    const { user, system } = process.threadCpuUsage(before);
    return user + system;
  });
  return Math.min(...times);
}
