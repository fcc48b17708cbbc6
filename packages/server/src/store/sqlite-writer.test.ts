import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreBusyError, StoreFailedError } from "../ports/index.ts";
import { openTemporaryStore } from "./sqlite.fixture.ts";
import { SqliteWriter } from "./sqlite-writer.ts";

const BREAKING = new URL("./sqlite-worker-that-breaks.fixture.ts", import.meta.url);

test("a thread that breaks leaves nobody waiting, and takes nothing any more", async () => {
  const settings = { path: "none", busyTimeoutMs: 0 };
  const writer = await SqliteWriter.start(settings, { maxOpen: 10, entry: BREAKING });
  const waiting = await Promise.allSettled([writer.commit([]), writer.query("api-tokens", null)]);
  assert.ok(waiting.every((each) => each.status === "rejected" && each.reason instanceof StoreFailedError));
  await assert.rejects(writer.settings(), StoreFailedError);
  await writer.close();
});

test("only so many questions wait at once", async () => {
  const opened = await openTemporaryStore({ maxWaiting: 3 });
  try {
    const asked = Array.from({ length: 5 }, () => opened.store.apiTokens());
    const settled = await Promise.allSettled(asked);
    const refused = settled.filter((each) => each.status === "rejected");
    assert.equal(refused.length, 2);
    assert.ok(refused.every(({ reason }) => reason instanceof StoreBusyError));
    assert.deepEqual(await opened.store.apiTokens(), []);
  } finally {
    await opened.remove();
  }
});
