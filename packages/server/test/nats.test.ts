import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Operation } from "@heliograph/api";
import { ApiError } from "@heliograph/api/client";
import { LockstepDevice, seededRandom, tempDir } from "@heliograph/testkit";
import { summary } from "./kill-table.ts";
import { attach } from "./light-bench.ts";
import { NatsServer, whyNoNats, type KeptEvent } from "./nats-server.ts";
import { misreported, reckon } from "./reckoning.ts";
import { RunningServer } from "./running-server.ts";
import { ServerHosts } from "./server-hosts.ts";
import { SteadyLoad } from "./steady-load.ts";
import { Supervisor } from "./supervisor.ts";

const skip = whyNoNats() ?? false;
const KILLS = 8;
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
  "NATS is killed and comes back: meanwhile nothing is accepted, then all goes on, and no event is missing",
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
    const operation = await accepted(() => server.client.operations.create(device.key, read));
    socket.answer(await socket.expectCall("GetParameterValues"), { Values: [5] });
    await server.ended(operation.id);
    assert.deepEqual(await server.states([operation]), ["done"]);
    await server.supervisor.stop();
    assertGapless(await nats.events());
  },
);

test(
  "with its bus by NATS the server that is killed loses nothing that was accepted, and NATS no event",
  { skip },
  async (t) => {
    const random = seededRandom((line) => t.diagnostic(line));
    using folder = tempDir();
    await using nats = await NatsServer.start();
    await using hosts = new ServerHosts();
    await using supervisor = await Supervisor.start({
      hosts,
      data: folder.file("data"),
      openEnrolment: "loopback",
      flags: { "nats-url": nats.url },
    });
    await using load = new SteadyLoad({
      supervisor,
      random,
      devices: 6,
      callers: 6,
      ledger: folder.file("ledger"),
    });
    await load.start();

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

    const accounts = reckon(load.told, load.ledger);
    t.diagnostic(`${supervisor.kills} kills of the server; ${summary(accounts)}`);
    assert.deepEqual(
      accounts.flatMap(({ mark, method, faults }) => faults.map((fault) => `${method} ${mark}: ${fault}`)),
      [],
    );
    assert.deepEqual(misreported(load.reported, await load.events()), []);
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
