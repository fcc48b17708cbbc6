import assert from "node:assert/strict";
import { test } from "node:test";
import { LockstepDevice, LockstepSocket, tempDir } from "@heliograph/testkit";
import { attach } from "./light-bench.ts";
import { RunningServer } from "./running-server.ts";

const DEVICES = 50;
const SECOND_MS = 1_000;

test("devices that are rejected all at once are off within a second, and their tokens open nothing [LIGHT-OPEN-8]", async () => {
  await using resources = new AsyncDisposableStack();
  const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
  const serials = Array.from({ length: DEVICES }, (_, serial) => String(serial));
  const attached = await Promise.all(
    serials.map(async (SerialNumber) => {
      const { acsUrl } = server.life;
      const device = resources.use(new LockstepDevice({ acsUrl, deviceId: { SerialNumber } }));
      const socket = resources.use(await attach(server, device));
      return { key: device.key, socket, ...(await socket.attach()) };
    }),
  );
  const url = new URL("/light", server.life.acsUrl.replace("http:", "ws:")).href;

  await Promise.all(
    attached.map(async ({ key, socket, Token: token }) => {
      const asked = performance.now();
      await server.client.devices.reject(key);
      assert.equal((await socket.expectClose()).code, 4501);
      const ms = performance.now() - asked;
      assert.ok(ms < SECOND_MS, `${key} was off after ${ms.toFixed(0)} ms`);
      await assert.rejects(LockstepSocket.open({ url, token }), { status: 403 });
    }),
  );
});
