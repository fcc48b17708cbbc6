import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { openWire, PATIENCE_MS } from "@heliograph/testkit";
import { ADMIN_TOKEN, runNorthbound } from "./running-northbound.ts";

test("a body that does not arrive in time is waited for no longer", async () => {
  await using running = await runNorthbound({ settings: { limits: { requestTimeoutMs: 200 } } });
  const wire = await openWire(new URL(running.url), { patienceMs: PATIENCE_MS });
  const head = `POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n`;
  await wire.write(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
  const reply = await wire.read();
  assert.equal(reply.status, 408);
  assert.match(reply.body, /request-timeout/);
  await wire.closed();
});

test("a key longer than any is refused, and no fault of the ACS", async () => {
  await using running = await runNorthbound();
  const { status, reason } = await running.ask("GET", `/api/v1/devices/${"x".repeat(10_000)}`);
  assert.deepEqual([status, reason], [400, "invalid-request"]);
});

test("a file of a manager may take longer than any other body", async () => {
  await using running = await runNorthbound({ settings: { limits: { requestTimeoutMs: 200 } } });
  const [file, other] = await Promise.all(
    [1, 2].map(() => openWire(new URL(running.url), { patienceMs: PATIENCE_MS })),
  );
  assert.ok(file !== undefined && other !== undefined);
  const head = (path: string, type: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n` +
    `Content-Type: ${type}\r\nContent-Length: 9\r\n\r\nfirst`;
  await file.write(head("/api/v1/files?name=a.bin", "application/octet-stream"));
  await other.write(head("/api/v1/tokens", "application/json"));
  assert.equal((await other.read()).status, 408);
  await file.write("last");
  assert.equal((await file.read()).status, 201);
  const { items } = await running.client.files.list();
  assert.deepEqual(
    items.map(({ bytes }) => bytes),
    [9],
  );
  file.cut();
});

test("a file of a manager that comes too slowly is cut, and nothing of it stays", async () => {
  await using running = await runNorthbound();
  const wire = await openWire(new URL(running.url), { patienceMs: PATIENCE_MS });
  const head = `POST /api/v1/files?name=a.bin HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n`;
  await wire.write(`${head}Content-Type: application/octet-stream\r\nContent-Length: 100\r\n\r\nfirst`);
  const reply = wire.read();
  let isOver = false;
  const over = reply.finally(() => {
    isOver = true;
  });
  const passing = async (): Promise<void> => {
    for (let count = 0; count < 10_000 && !isOver; count += 1) {
      await running.clock.advance(1_000);
      await setImmediate();
    }
  };
  await Promise.all([over, passing()]);
  assert.equal((await reply).status, 408);
  assert.deepEqual((await running.client.files.list()).items, []);
  wire.cut();
});
