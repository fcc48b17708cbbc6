import assert from "node:assert/strict";
import { test } from "node:test";
import { LockstepDevice, LockstepSocket, tempDir, UpgradeRefusedError } from "@heliograph/testkit";
import { attach, KEEPING, openSocket, refer } from "../light-bench.ts";
import { RunningServer } from "../running-server.ts";
import { servedDevice } from "./served-device.ts";
import { settableClock } from "./set-clock.ts";

const HOUR = 3_600;
const jumps = [
  ["back an hour", -HOUR],
  ["forward a day", 24 * HOUR],
] as const;

const read = {
  method: "GetParameterValues",
  params: { ParameterNames: ["Device.DeviceInfo.UpTime"] },
} as const;
const transferred = {
  method: "TransferComplete",
  params: {
    CommandKey: "nightly",
    FaultStruct: { FaultCode: 0 },
    StartTime: "2026-01-01T00:00:00Z",
    CompleteTime: "2026-01-01T00:01:00Z",
  },
} as const;

for (const [where, seconds] of jumps) {
  test(`the machine's clock is set ${where}: sessions, connections and calls go on, and nobody is troubled`, async (t) => {
    using folder = tempDir();
    const clock = settableClock(folder.file("clock"));
    if (clock === undefined) {
      t.skip("needs faketime on PATH");
      return;
    }
    await using server = await RunningServer.startUnder(clock.under, folder);
    await using classic = await servedDevice(server);
    await classic.listen();
    await using light = new LockstepDevice({ acsUrl: server.life.acsUrl });
    await using socket = await attach(server, light, KEEPING);
    const { Token: token } = await socket.attach(KEEPING);
    await classic.inform({ events: ["7 TRANSFER COMPLETE"] });
    const reading = server.client.operations.create(light.key, { ...read, wait: 20, expires: 60 * HOUR });
    const call = await socket.expectCall("GetParameterValues");
    const last = await server.event(light.key, "credentials-confirmed");

    clock.set(seconds);
    assert.deepEqual(await classic.request(transferred), {});
    await classic.expectNothing();
    socket.answer(call, { Values: [5] });
    assert.equal((await reading).state, "done");
    await readOver(server, light, socket);
    await classic.inform({ events: ["4 VALUE CHANGE"] });
    await classic.expectNothing();
    assert.equal(classic.connectionRequests, 0);
    const changed = await server.event(classic.key, "value-change");
    assert.ok(changed.id > last.id);
    assert.ok(Math.abs(Date.parse(changed.at) - Date.now() - seconds * 1_000) < HOUR * 500);

    // A token ends by the time of day; whoever comes with one that did is referred again.
    socket.close();
    await server.event(light.key, "disconnected");
    const url = new URL("/light", server.life.acsUrl.replace("http:", "ws:")).href;
    const again = await LockstepSocket.open({ url, token }).catch((error: unknown) => error);
    assert.equal(again instanceof UpgradeRefusedError && again.status === 401, seconds > 0);
    await using renewed = await openSocket(await refer(light));
    await renewed.request("Attach", KEEPING);
    await readOver(server, light, renewed);
  });
}

async function readOver(
  { client }: RunningServer,
  { key }: LockstepDevice,
  socket: LockstepSocket,
): Promise<void> {
  const reading = client.operations.create(key, { ...read, wait: 20 });
  socket.answer(await socket.expectCall("GetParameterValues"), { Values: [6] });
  assert.equal((await reading).state, "done");
}
