import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { ApiError } from "@heliograph/api/client";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "../running-server.ts";
import { servedDevice } from "./served-device.ts";

/** A change waits five seconds for the lock; what waits behind it, twice that. */
const PATIENCE_MS = 20_000;

const transferred = {
  method: "TransferComplete",
  params: {
    CommandKey: "nightly",
    FaultStruct: { FaultCode: 0 },
    StartTime: "2026-01-01T00:00:00Z",
    CompleteTime: "2026-01-01T00:01:00Z",
  },
} as const;

test("while another program holds the store, changes wait a while and are refused, reads go on, and then all goes on", async () => {
  using folder = tempDir();
  await using server = await RunningServer.start(folder, "loopback");
  const { client } = server;
  await using device = await servedDevice(server, PATIENCE_MS);
  await device.inform({ events: ["7 TRANSFER COMPLETE"] });
  using holder = holding(folder.file("data/heliograph.db"));
  const reported = device.send(transferred);
  const refused = client.operations.create(device.key, { method: "Reboot" }).catch((error: unknown) => error);
  assert.equal((await client.devices.get(device.key)).key, device.key);
  assert.equal((await fetch(`${server.life.northboundUrl}/readyz`)).status, 200);
  await reported;
  await device.expectFault(8005);
  const refusal = await refused;
  assert.ok(refusal instanceof ApiError, String(refusal));
  assert.equal(refusal.status, 503);

  holder.release();
  await device.inform({ events: ["7 TRANSFER COMPLETE"] });
  assert.deepEqual(await device.request(transferred), {});
  const { state } = await client.operations.create(device.key, { method: "Reboot" });
  assert.equal(state, "queued");
  const { items } = await client.devices.events(device.key, { limit: 100 });
  assert.equal(items.filter(({ name }) => name === "transfer-complete-report").length, 1);
});

/** The lock that a change needs, held by a program of somebody else. */
function holding(path: string): Disposable & { release(): void } {
  const database = new DatabaseSync(path);
  database.exec("BEGIN IMMEDIATE");
  return {
    release: () => database.exec("ROLLBACK"),
    [Symbol.dispose]: () => database.close(),
  };
}
