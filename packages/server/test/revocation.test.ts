import assert from "node:assert/strict";
import { test } from "node:test";
import { assertWithinSecond, LockstepDevice, LockstepSocket, tempDir } from "@heliograph/testkit";
import { attach } from "./light-bench.ts";
import { RunningServer } from "./running-server.ts";

const DEVICES = 50;

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

  await assertWithinSecond(server.life.northboundUrl, async () => {
    await Promise.all(attached.map(({ key }) => server.client.devices.reject(key)));
    for (const { socket } of attached) assert.equal((await socket.expectClose()).code, 4501);
  });
  for (const { Token: token } of attached) {
    await assert.rejects(LockstepSocket.open({ url, token }), { status: 403 });
  }
});
