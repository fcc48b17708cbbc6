import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Operation } from "@heliograph/api";
import { ApiError } from "@heliograph/api/client";
import { LockstepDevice, tempDir } from "@heliograph/testkit";
import { attach } from "./light-bench.ts";
import { NatsServer, whyNoNats, type KeptEvent } from "./nats-server.ts";
import { RunningServer } from "./running-server.ts";
import { superviseLoad } from "./supervised-load.ts";

const skip = whyNoNats() ?? false;
const KILLS = 8;
const OUTAGES = 4;
const LONGEST_OUTAGE_MS = 3_000;
const AGAIN_MS = 50;
const LONGEST_LIFE_MS = 1_500;

const read = {
  method: "GetParameterValues",
  params: { ParameterNames: ["Device.DeviceInfo.UpTime"] },
} as const;

test(
  "by NATS a session and a light connection are served as in one process, and NATS keeps each event",
  { skip },
  async () => {
    await using nats = await NatsServer.start();
    using folder = tempDir();
    await using server = await RunningServer.start(folder, "loopback", { "nats-url": nats.url });
    const { acsUrl } = server.life;
    await using classic = new LockstepDevice({ acsUrl, deviceId: { SerialNumber: "CLASSIC" } });
    await classic.inform({ events: ["0 BOOTSTRAP"] });
    await classic.expectRpc("SetParameterValues");
    await classic.fault(9001, "no credentials, please");
    await classic.expectNothing();
    const first = await server.client.operations.create(classic.key, read);
    await classic.inform();
    await classic.expectRpc("GetParameterValues");
    await classic.answer({ ParameterList: { "Device.DeviceInfo.": { UpTime: 5 } } });
    await classic.expectNothing();

    await using light = new LockstepDevice({ acsUrl, deviceId: { SerialNumber: "LIGHT" } });
    await using socket = await attach(server, light);
    const second = server.client.operations.create(light.key, { ...read, wait: 20 });
    socket.answer(await socket.expectCall("GetParameterValues"), { Values: [5] });
    await server.ended(first.id);
    assert.deepEqual(await server.states([first, await second]), ["done", "done"]);

    await server.supervisor.stop();
    assertGapless(await nats.events());
  },
);

test(
  "NATS is killed and comes back: what is asked waits for a while, else nothing is accepted, and no event is missing",
  { skip },
  async () => {
    await using nats = await NatsServer.start();
    using folder = tempDir();
    await using server = await RunningServer.start(folder, "loopback", { "nats-url": nats.url });
    await using device = new LockstepDevice({ acsUrl: server.life.acsUrl });
    await using socket = await attach(server, device);
    await nats.kill();
    await assert.rejects(server.client.operations.create(device.key, read), { reason: "no-engine" });
    assert.deepEqual((await server.client.operations.list({})).items, []);

    await nats.startAgain();
    const first = await accepted(() => server.client.operations.create(device.key, read));
    socket.answer(await socket.expectCall("GetParameterValues"), { Values: [5] });
    await server.ended(first.id);

    await nats.kill();
    const asked = server.client.operations.create(device.key, read);
    await nats.startAgain();
    const second = await asked;
    socket.answer(await socket.expectCall("GetParameterValues"), { Values: [6] });
    await server.ended(second.id);
    assert.deepEqual(await server.states([first, second]), ["done", "done"]);
    await server.supervisor.stop();
    assertGapless(await nats.events());
  },
);

test(
  "NATS is killed again and again, and its stream is deleted: every operation that was accepted ends all the same",
  { skip },
  async (t) => {
    await using nats = await NatsServer.start();
    await using supervised = await superviseLoad(t, { flags: { "nats-url": nats.url }, each: 4 });
    const { random, supervisor, load } = supervised;
    for (let outage = 1; outage <= OUTAGES; outage += 1) {
      // When it dies and when it comes back is what chance decides; nothing is waited for.
      await delay(random.integer(0, LONGEST_LIFE_MS));
      await nats.kill();
      await delay(random.integer(0, LONGEST_OUTAGE_MS));
      await nats.startAgain();
      if (outage === 2) await nats.deleteStream();
    }
    await load.finish();
    await load.lookAgain();
    await supervised.assertSound();
    await supervisor.stop();
    // The stream was made anew, and goes on where it was deleted.
    const ids = (await nats.events()).map(({ id }) => Number(id.split("-")[0]));
    const [oldest = 0] = ids;
    assert.ok(oldest > 1 && ids.length > 5, `${ids.length} events from ${oldest} on`);
    assert.deepEqual(
      ids.filter((id, index) => index > 0 && id > (ids[index - 1] ?? 0) + 1),
      [],
    );
  },
);

test(
  "with its bus by NATS the server that is killed loses nothing that was accepted, and NATS no event",
  { skip },
  async (t) => {
    await using nats = await NatsServer.start();
    await using supervised = await superviseLoad(t, { flags: { "nats-url": nats.url } });
    const { random, supervisor, load } = supervised;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const { number } = await supervisor.up();
      // When the next one dies is what chance decides; nothing is waited for.
      await delay(random.integer(0, LONGEST_LIFE_MS));
      await supervisor.kill();
      await supervisor.up(number + 1);
    }
    await load.finish();
    await supervisor.restart();
    await load.lookAgain();

    await supervised.assertSound();
    await supervisor.stop();
    assertGapless(await nats.events());
  },
);

/** The store counts its events from one on: NATS has each of them. */
function assertGapless(events: readonly KeptEvent[]): void {
  const ids = new Set(events.map(({ id }) => Number(id.split("-")[0])));
  const all = Array.from({ length: Math.max(0, ...ids) }, (_, index) => index + 1);
  assert.ok(all.length > 5, `there are ${all.length} events`);
  assert.deepEqual(
    all.filter((id) => !ids.has(id)),
    [],
  );
}

/** Asks again as long as nobody is there to be asked. */
async function accepted(ask: () => Promise<Operation>): Promise<Operation> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== "no-engine") throw error;
      await delay(AGAIN_MS);
    }
  }
}
