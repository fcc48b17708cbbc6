import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import { HeardLog } from "../../test/heard-log.ts";
import { memoryBus } from "../bus/memory.ts";
import { subjects } from "../ports/index.ts";
import { startHealth } from "./health.ts";
import { promMetrics } from "./metrics/prom-metrics.ts";

test("a process says that it lives, whether it can work, and its numbers", async () => {
  await using bench = await openBench();
  assert.deepEqual(await bench.ask("/healthz"), [200, { status: "alive" }]);
  assert.deepEqual(await bench.ask("/readyz"), [
    200,
    {
      status: "ready",
      checks: [
        { name: "reading", state: "good" },
        { name: "changing", state: "good" },
        { name: "engine", state: "good" },
      ],
    },
  ]);
  const metrics = await fetch(`${bench.url}/metrics`);
  assert.match(await metrics.text(), /^# HELP /m);
});

test("without an engine it lives, and is not ready", async () => {
  await using bench = await openBench();
  bench.engine.unsubscribe();
  const [status, said] = await bench.ask("/readyz");
  assert.equal(status, 503);
  assert.match(JSON.stringify(said), /no engine answers/);
  assert.equal((await bench.ask("/healthz"))[0], 200);
});

test("a store that takes no changes is trouble, and keeps nobody away", async () => {
  await using bench = await openBench({ refusal: "the disk of the store is full" });
  const [status, said] = await bench.ask("/readyz");
  assert.equal(status, 200);
  assert.match(JSON.stringify(said), /"trouble":"the disk of the store is full"/);
});

test("there is nothing else, and nothing to be changed", async () => {
  await using bench = await openBench();
  assert.equal((await bench.ask("/api/v1/devices"))[0], 404);
  assert.equal((await fetch(`${bench.url}/healthz`, { method: "POST", body: "x" })).status, 405);
});

async function openBench({ refusal }: { readonly refusal?: string } = {}) {
  const clock = new VirtualClock();
  const bus = memoryBus({ clock, onError: () => undefined });
  const engine = bus.serve(subjects.engines, () => Promise.resolve({ engines: [] }));
  const store = { refusal, lastEventId: () => Promise.resolve(1) };
  const health = await startHealth(
    { bus, store, clock, log: new HeardLog(), metrics: promMetrics() },
    { host: "127.0.0.1", port: 0 },
  );
  const url = `http://127.0.0.1:${health.address.port}`;
  return {
    ...{ url, engine },
    async ask(path: string): Promise<readonly [number, unknown]> {
      const response = await fetch(`${url}${path}`);
      return [response.status, await response.json()];
    },
    async [Symbol.asyncDispose]() {
      await health.close();
      await bus.close();
    },
  };
}
