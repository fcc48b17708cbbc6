import assert from "node:assert/strict";
import { test } from "node:test";
import { openWire } from "@heliograph/testkit";
import { ADMIN_TOKEN, runNorthbound } from "./running-northbound.ts";

test("a body that does not arrive in time is waited for no longer", async () => {
  await using running = await runNorthbound({ settings: { limits: { requestTimeoutMs: 200 } } });
  const wire = await openWire(new URL(running.url), { patienceMs: 5_000 });
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
