import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { VirtualClock } from "@heliograph/testkit";
import { pieces } from "../ports/files.suite.ts";
import { defaultPace, paced, SlowBodyError, type BodyPace } from "./paced-body.ts";

const SECOND_MS = 1_000;

test("a file at 20 KB/s comes for as long as it takes", async () => {
  const { bytes, seconds, error } = await sent({ bytesPerPiece: 20_000, pauseMs: SECOND_MS, pieces: 600 });
  assert.deepEqual([bytes, seconds, error], [12_000_000, 600, undefined]);
});

test("a byte a second is cut once the grace is over", async () => {
  const cut = await cutAfter({ bytesPerPiece: 1, pauseMs: SECOND_MS, pieces: 600 });
  assert.ok(cut >= 30 && cut <= 32, `${cut} s`);
});

test("a great beginning is no right to dribble: it is spent at the slowest pace", async () => {
  const cut = await cutAfter({ first: 102_400, bytesPerPiece: 1, pauseMs: SECOND_MS, pieces: 600 });
  assert.ok(cut >= 129 && cut <= 132, `${cut} s`);
});

test("a body that stops is cut after it was idle for long", async () => {
  const cut = await cutAfter({ first: 10_000_000, bytesPerPiece: 1, pauseMs: 3_600 * SECOND_MS, pieces: 2 });
  assert.ok(cut >= 30 && cut <= 32, `${cut} s`);
});

test("what is never over is cut at the bound for the whole", async () => {
  const pace = { ...defaultPace, totalMs: 100 * SECOND_MS };
  assert.equal(await cutAfter({ bytesPerPiece: 20_000, pauseMs: SECOND_MS, pieces: 1_000, pace }), 100);
});

test("the time that a slow disk takes does not count", async () => {
  const clock = new VirtualClock();
  let bytes = 0;
  for await (const piece of paced(pieces(["a", "b", "c", "d", "e"]), { pace: defaultPace, clock })) {
    bytes += piece.length;
    await clock.advance(60 * SECOND_MS);
  }
  assert.equal(bytes, 5);
});

test("a body that breaks off breaks off", async () => {
  const broken = new Error("the line is cut");
  const breaking = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from("half");
    throw broken;
  };
  const body = paced(breaking(), { pace: defaultPace, clock: new VirtualClock() });
  await assert.rejects(buffer(body), broken);
});

interface Sending {
  readonly first?: number;
  readonly bytesPerPiece: number;
  readonly pauseMs: number;
  readonly pieces: number;
  readonly pace?: BodyPace;
}

async function* sending(
  { first = 0, bytesPerPiece, pauseMs, pieces }: Sending,
  clock: VirtualClock,
): AsyncGenerator<Uint8Array> {
  if (first > 0) yield new Uint8Array(first);
  for (let count = 0; count < pieces; count += 1) {
    const pause = Promise.withResolvers<undefined>();
    clock.after(pauseMs, () => {
      pause.resolve(undefined);
    });
    await pause.promise;
    yield new Uint8Array(bytesPerPiece);
  }
}

interface Sent {
  readonly bytes: number;
  readonly seconds: number;
  readonly error: unknown;
}

/** What came of a body, and after how long. */
async function sent(body: Sending): Promise<Sent> {
  const clock = new VirtualClock();
  let [bytes, isOver] = [0, false];
  let error: unknown;
  const receive = async (): Promise<void> => {
    try {
      const { pace = defaultPace } = body;
      for await (const piece of paced(sending(body, clock), { pace, clock })) bytes += piece.length;
    } catch (thrown) {
      error = thrown;
    } finally {
      isOver = true;
    }
  };
  const receiving = receive();
  while (!isOver) {
    await clock.advance(SECOND_MS);
    await setImmediate();
  }
  await receiving;
  return { bytes, seconds: clock.elapsed() / SECOND_MS, error };
}

async function cutAfter(body: Sending): Promise<number> {
  const { seconds, error } = await sent(body);
  assert.ok(error instanceof SlowBodyError);
  return seconds;
}
