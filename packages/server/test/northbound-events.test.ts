import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { createClient } from "@heliograph/api/client";
import { subjects } from "../src/ports/index.ts";
import { runNorthbound, ADMIN_TOKEN, type RunningNorthbound } from "./running-northbound.ts";
import { serveScriptedRpcs } from "./scripted-rpcs.ts";

const KEEP_ALIVE_MS = 15_000;

test("events come in order while they happen, each with its id, name and data", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  await using stream = await openStream(running);
  await running.inform(key, { events: ["boot", "value-change"] });
  await running.inform(key, { events: ["periodic"] });
  const [boot, change, periodic] = await stream.blocks(3);
  assert.deepEqual([boot?.event, change?.event, periodic?.event], ["boot", "value-change", "periodic"]);
  assert.deepEqual(JSON.parse(boot?.data ?? ""), {
    id: Number(boot?.id),
    at: "2026-01-01T00:00:00.000Z",
    device: key,
    name: "boot",
    data: {},
  });
  assert.deepEqual([change?.id, periodic?.id], [String(Number(boot?.id) + 1), String(Number(boot?.id) + 2)]);
});

test("a stream begins with the position it stands at, so that even one cut at once can be resumed", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  await running.inform(key, { events: ["boot"] });
  await using stream = await openStream(running);
  const [begin] = await stream.blocks(1, { quiet: true });
  assert.deepEqual(begin, { id: "1" });
});

test("a reader that comes back misses nothing and sees nothing twice", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  const seen: string[] = [];
  let position = "0";
  for (let round = 0; round < 5; round++) {
    await using stream = await openStream(running, { headers: { "last-event-id": position } });
    await running.inform(key, { events: [`while-connected-${round}`] });
    const expected = round === 0 ? 1 : 2;
    for (const block of await stream.blocks(expected)) {
      seen.push(block.event ?? "");
      position = block.id ?? position;
    }
    await stream[Symbol.asyncDispose]();
    await running.inform(key, { events: [`while-away-${round}`] });
  }
  const all = [0, 1, 2, 3, 4].flatMap((round) => [`while-connected-${round}`, `while-away-${round}`]);
  assert.deepEqual(seen, all.slice(0, -1));
});

test("a reader that has seen more than there is begins at the end", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  await running.inform(key, { events: ["boot"] });
  await using stream = await openStream(running, { headers: { "last-event-id": "1000" } });
  assert.deepEqual(await stream.blocks(1, { quiet: true }), [{ id: "1" }]);
  await running.inform(key, { events: ["periodic"] });
  assert.equal((await stream.blocks(1))[0]?.event, "periodic");
});

test("everything that is kept is read from the beginning, in many batches", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  const names = Array.from({ length: 1_203 }, (_, index) => `event-${index}`);
  await running.inform(key, { events: names });
  const events = running.client.events({ after: 0 });
  const seen: string[] = [];
  for await (const { name } of events) {
    seen.push(name);
    if (seen.length === names.length) break;
  }
  assert.deepEqual(seen, names);
});

test("a burst larger than what is kept in memory comes whole, also through a filter", async () => {
  await using running = await runNorthbound();
  const [one, other] = [await running.enrol("1"), await running.enrol("2")];
  await using stream = await openStream(running);
  await using filtered = await openStream(running, { query: `?device=${one}` });
  await Promise.all([stream.blocks(1, { quiet: true }), filtered.blocks(1, { quiet: true })]);
  await running.inform(other, { events: Array.from({ length: 4_000 }, () => "periodic") });
  await running.inform(one, { events: Array.from({ length: 1_500 }, () => "boot") });
  const ids = (await stream.blocks(5_500)).map(({ id }) => Number(id));
  assert.deepEqual(
    ids,
    Array.from({ length: 5_500 }, (_, index) => index + 1),
  );
  assert.deepEqual(
    (await filtered.blocks(1_500)).map(({ id }) => Number(id)),
    ids.slice(4_000),
  );
});

test("a stream shows only the device and the names it was asked for", async () => {
  await using running = await runNorthbound();
  const [one, other] = [await running.enrol("1"), await running.enrol("2")];
  await using stream = await openStream(running, { query: `?device=${one}&name=boot&name=periodic` });
  await running.inform(other, { events: ["boot"] });
  await running.inform(one, { events: ["value-change", "boot"] });
  await running.inform(one, { events: ["periodic"] });
  const blocks = await stream.blocks(2);
  assert.deepEqual(
    blocks.map(({ id, event }) => [id, event]),
    [
      ["3", "boot"],
      ["4", "periodic"],
    ],
  );
});

test("a stream of something that is no device is refused, not shown everything", async () => {
  await using running = await runNorthbound();
  const { reason } = await running.ask("GET", "/api/v1/events?device=00D09E");
  assert.equal(reason, "invalid-request");
});

test("a quiet stream shows signs of life, which move on over what its filter left out", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  await using stream = await openStream(running, { query: "?name=boot" });
  let [sign] = await stream.blocks(1, { quiet: true });
  assert.deepEqual(sign, { id: "0" });
  await running.inform(key, { events: ["periodic", "periodic"] });
  while (sign?.id !== "2") {
    await running.clock.advance(KEEP_ALIVE_MS);
    [sign] = await stream.blocks(1, { quiet: true });
  }
});

test("an event whose message on the bus was lost comes with the next sign of life", async () => {
  const deaf = { unsubscribe: () => undefined };
  await using running = await runNorthbound({
    adapt: ({ bus }) => {
      bus.subscribe = () => deaf;
      return { bus };
    },
  });
  const key = await running.enrol("1");
  await using stream = await openStream(running);
  await stream.blocks(1, { quiet: true });
  await running.inform(key, { events: ["boot"] });
  await running.clock.advance(KEEP_ALIVE_MS);
  const [boot] = await stream.blocks(1);
  assert.equal(boot?.event, "boot");
});

test("a stream ends when its token is revoked", async () => {
  await using running = await runNorthbound();
  const { token, id } = await running.client.tokens.create({ name: "nms" });
  await using stream = await openStream(running, { headers: { authorization: `Bearer ${token}` } });
  await stream.blocks(1, { quiet: true });
  await running.client.tokens.revoke(id);
  await running.clock.advance(KEEP_ALIVE_MS);
  await stream.end();
});

test("a reader that takes nothing is dropped, and its place is free again", async () => {
  await using running = await runNorthbound({ settings: { limits: { maxStreams: 1, slowReaderMs: 1_000 } } });
  const key = await running.enrol("1");
  const socket = connect(running.northbound.address.port, running.northbound.address.host);
  socket.write(
    `GET /api/v1/events?after=0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n\r\n`,
  );
  await once(socket, "readable");
  const name = "x".repeat(200);
  for (let full = 0; full < 40; full++) {
    await running.inform(key, { events: Array.from({ length: 1_000 }, () => name) });
  }
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  let status = 503;
  while (status === 503) {
    await running.clock.advance(1_000);
    const next = await fetch(`${running.url}/api/v1/events`, { headers });
    await next.body?.cancel();
    status = next.status;
  }
  assert.equal(status, 200);
  socket.destroy();
});

test("closing ends the streams and answers who waits for an operation with what is known of it", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  await using stream = await openStream(running);
  await stream.blocks(1, { quiet: true });
  const stored = Promise.withResolvers<string>();
  serveScriptedRpcs({
    ...running,
    run: async ({ id }) => {
      stored.resolve(id);
      return new Promise(() => undefined);
    },
  });
  const waiting = running.ask("POST", `/api/v1/devices/${key}/operations`, {
    body: { method: "Reboot", wait: 60 },
  });
  const id = await stored.promise;
  await running.northbound.close();
  const { status, headers } = await waiting;
  assert.deepEqual([status, headers["location"]], [202, `/api/v1/operations/${id}`]);
  await stream.end();
  await running.northbound.close();
});

test("many may wait at once, and closing answers them all", async (t) => {
  const warnings = t.mock.fn();
  process.on("warning", warnings);
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  const everybody = Promise.withResolvers<unknown>();
  const asks = new Set<string>();
  running.bus.serve(subjects.everyRpc, async ({ id }) => {
    if (asks.add(id).size === 40) everybody.resolve(undefined);
    return new Promise(() => undefined);
  });
  const body = { method: "Reboot", wait: 60 };
  const waiting = Array.from({ length: 40 }, () =>
    running.ask("POST", `/api/v1/devices/${key}/operations`, { body }),
  );
  await everybody.promise;
  await running.northbound.close();
  for (const { reason } of await Promise.all(waiting)) assert.equal(reason, "closing");
  process.off("warning", warnings);
  assert.equal(warnings.mock.callCount(), 0);
});

test("a client follows events over a server that comes back, without a gap", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  const seen: string[] = [];
  for (const name of ["first", "second"]) {
    const after = seen.length;
    const client = createClient({ url: running.url, token: ADMIN_TOKEN });
    await running.inform(key, { events: [name] });
    for await (const event of client.events({ after })) {
      seen.push(event.name);
      break;
    }
  }
  assert.deepEqual(seen, ["first", "second"]);
});

interface Block {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

interface OpenStream extends AsyncDisposable {
  /** The next blocks: events, or with `quiet` signs of life. */
  blocks(count: number, options?: { readonly quiet?: boolean }): Promise<readonly Block[]>;
  /** Resolves when the server has ended the stream. */
  end(): Promise<void>;
}

interface StreamAsk {
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads a stream by hand, without the client that is tested elsewhere. */
async function openStream(
  running: RunningNorthbound,
  { query = "", headers = {} }: StreamAsk = {},
): Promise<OpenStream> {
  const controller = new AbortController();
  const response = await fetch(`${running.url}/api/v1/events${query}`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...headers },
    signal: controller.signal,
  });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.ok(response.body !== null);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const unread: Block[] = [];
  let rest = "";

  /** False where there is no more. */
  async function read(): Promise<boolean> {
    const { value, done } = await reader.read();
    if (done) return false;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop() ?? "";
    unread.push(...blocks.map(parseBlock));
    return true;
  }

  return {
    async end() {
      while (await read());
    },
    async blocks(count, { quiet = false } = {}) {
      const taken: Block[] = [];
      while (taken.length < count) {
        const block = unread.shift();
        if (block === undefined) assert.ok(await read(), "the stream ended");
        else if (quiet === (block.data === undefined)) taken.push(block);
      }
      return taken;
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await reader.closed.catch(() => undefined);
    },
  };
}

function parseBlock(text: string): Block {
  const block: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name, value] = /^(id|event|data): (.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) block[name] = value;
  }
  return block;
}
