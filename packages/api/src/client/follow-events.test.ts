import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceEvent } from "../events.ts";
import { problemUri, type ProblemReason } from "../problems.ts";
import { ApiError, NoAnswerError } from "./errors.ts";
import { followEvents } from "./follow-events.ts";
import type { Ask, Transport } from "./transport.ts";

function event(id: number): DeviceEvent {
  return { id, at: "2026-01-31T00:00:00.000Z", device: "00D09E-1", name: "boot", data: {} };
}

function block(id: number): string {
  return `id: ${id}\nevent: boot\ndata: ${JSON.stringify(event(id))}\n\n`;
}

function refusal(reason: ProblemReason, status: number, retryAfterMs?: number): ApiError {
  return new ApiError({ type: problemUri(reason), title: "", status, detail: "" }, retryAfterMs);
}

/** A server that answers each opening of the stream with the next of these, and notes what it was asked. */
function scripted(...answers: readonly (string | Error)[]) {
  const asks: Ask[] = [];
  const waits: number[] = [];
  const transport: Transport = async (ask) => {
    const answer = answers[asks.length];
    asks.push(ask);
    if (answer === undefined || answer instanceof Error) throw answer ?? new NoAnswerError("no more answers");
    return new Response(answer);
  };
  const pause = async (ms: number): Promise<void> => {
    waits.push(ms);
  };
  return { asks, waits, transport, pause };
}

async function take(events: AsyncIterable<DeviceEvent>, count: number): Promise<readonly number[]> {
  const ids: number[] = [];
  for await (const { id } of events) {
    ids.push(id);
    if (ids.length === count) break;
  }
  return ids;
}

test("a stream that broke off goes on after the last event, without a gap or a repetition", async () => {
  const server = scripted(`: \nid: 4\n\n${block(5)}${block(6)}id: 7\nda`, block(7));
  assert.deepEqual(await take(followEvents(server.transport, {}, server.pause), 3), [5, 6, 7]);
  assert.deepEqual(
    server.asks.map(({ headers }) => headers?.["last-event-id"]),
    [undefined, "6"],
  );
});

test("a sign of life moves the position over what the filter left out", async () => {
  const server = scripted("id: 4\n\n: \nid: 90\n\n", block(91));
  const events = followEvents(server.transport, { names: ["boot"], device: "00D09E-1" }, server.pause);
  assert.deepEqual(await take(events, 1), [91]);
  assert.equal(server.asks[1]?.headers?.["last-event-id"], "90");
  assert.deepEqual(server.asks[1].query, { device: "00D09E-1", name: ["boot"] });
});

test("the first position is asked for, 0 too", async () => {
  const server = scripted(block(1));
  await take(followEvents(server.transport, { after: 0 }, server.pause), 1);
  assert.equal(server.asks[0]?.headers?.["last-event-id"], "0");
});

test("waits double while nothing comes, and begin anew after an event", async () => {
  const lost = new NoAnswerError("refused");
  const server = scripted(lost, lost, lost, block(1), block(2));
  await take(followEvents(server.transport, {}, server.pause), 2);
  const [first = 0, second = 0, third = 0, afterEvent = 0] = server.waits;
  assert.ok(first >= 500 && first <= 1_000, `first ${first}`);
  assert.ok(second >= 1_000 && second <= 2_000, `second ${second}`);
  assert.ok(third >= 2_000 && third <= 4_000, `third ${third}`);
  assert.ok(afterEvent >= 500 && afterEvent <= 1_000, `after an event ${afterEvent}`);
});

test("the server's own Retry-After is the least that is waited", async () => {
  const server = scripted(refusal("too-many-streams", 503, 10_000), block(1));
  await take(followEvents(server.transport, {}, server.pause), 1);
  assert.equal(server.waits[0], 10_000);
});

test("a refusal that asking again cannot change ends the loop", async () => {
  const server = scripted(refusal("unauthenticated", 401));
  await assert.rejects(take(followEvents(server.transport, {}, server.pause), 1), {
    reason: "unauthenticated",
  });
  assert.deepEqual(server.waits, []);
});

for (const [when, abort] of [
  ["before it begins", (controller: AbortController) => controller.abort(new Error("enough"))],
  [
    "while it lasts",
    (controller: AbortController) => queueMicrotask(() => controller.abort(new Error("enough"))),
  ],
] as const) {
  test(`the caller's signal ends the wait between two streams ${when}`, async () => {
    const controller = new AbortController();
    const server = scripted(new NoAnswerError("refused"), block(1));
    const options = { signal: controller.signal, onLost: () => abort(controller) };
    await assert.rejects(take(followEvents(server.transport, options), 1), /enough/);
    assert.equal(server.asks.length, 1);
  });
}

test("a stream that says nothing for too long is opened again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asks: Ask[] = [];
  const transport: Transport = async (ask) => {
    asks.push(ask);
    if (asks.length > 1) return new Response(block(1));
    const silent = new ReadableStream<Uint8Array>({
      start: (controller) => {
        ask.signal?.addEventListener("abort", () => controller.error(ask.signal?.reason));
      },
    });
    return new Response(silent);
  };
  const lost: unknown[] = [];
  const options = { onLost: (error: unknown) => lost.push(error) };
  const taken = take(
    followEvents(transport, options, async () => undefined),
    1,
  );
  t.mock.timers.tick(45_000);
  assert.deepEqual(await taken, [1]);
  assert.ok(lost[0] instanceof NoAnswerError);
});

test("something that is no event ends the loop, for it would come again", async () => {
  const server = scripted("id: 1\ndata: [1, 2]\n\n");
  await assert.rejects(take(followEvents(server.transport, {}, server.pause), 1), TypeError);
  assert.equal(server.asks.length, 1);
});
