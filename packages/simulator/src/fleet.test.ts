import { PATIENCE_MS, ScriptedAcs, tempDir, VirtualClock } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { simulateFleet } from "./fleet.ts";
import type { FleetOptions } from "./fleet-options.ts";

/** One device at a time, as the scripted ACS holds one session at a time; in time that the test lets pass. */
const oneByOne = { concurrency: 1, rate: 1_000, changesPerHour: 0 } satisfies Partial<FleetOptions>;

test("every device informs once, as itself, and with what it is", async () => {
  await using acs = await new ScriptedAcs().open();
  await using fleet = await simulateFleet({ acsUrl: acs.url, devices: 5, ...oneByOne });
  await fleet.settled;
  const serials: string[] = [];
  for (let device = 1; device <= 5; device += 1) {
    const { DeviceId, Event, ParameterList } = await acs.informs.take();
    serials.push(DeviceId.SerialNumber);
    assert.deepEqual(
      Event.map(({ EventCode }) => EventCode),
      ["0 BOOTSTRAP", "1 BOOT"],
    );
    const { SoftwareVersion } = ParameterList["Device.DeviceInfo."] ?? {};
    assert.match(String(SoftwareVersion), /^\d+\.\d+\.\d+$/);
  }
  assert.deepEqual(serials, ["SIM000001", "SIM000002", "SIM000003", "SIM000004", "SIM000005"]);
  const { started, informed, sessions, failures, latencies } = fleet.progress();
  assert.deepEqual(
    { started, informed, sessions, failures },
    { started: 5, informed: 5, sessions: 5, failures: [] },
  );
  assert.equal(latencies.informed?.count, 5);
});

test("only those that are to speak light say so", async () => {
  await using acs = await new ScriptedAcs().open();
  await using fleet = await simulateFleet({ acsUrl: acs.url, devices: 4, ...oneByOne });
  await fleet.settled;
  const offers: boolean[] = [];
  for (let device = 1; device <= 4; device += 1) {
    const { ParameterList } = await acs.informs.take();
    offers.push("X_HELIOGRAPH_WebSocketSubprotocols" in (ParameterList["Device.ManagementServer."] ?? {}));
  }
  assert.deepEqual(offers, [false, true, false, true]);
});

test("an ACS that is not there is counted as a failure of each device, and holds up none for ever", async () => {
  await using fleet = await simulateFleet({ acsUrl: await deadUrl(), devices: 3, rate: 1_000 });
  await fleet.settled;
  const { started, informed, failures } = fleet.progress();
  assert.deepEqual([started, informed], [3, 0]);
  assert.deepEqual(
    failures.map(({ count }) => count),
    [3],
  );
  assert.match(failures[0]?.reason ?? "", /ECONNREFUSED/);
});

test("a fleet closes though its ACS says nothing, and what that breaks off is no failure", async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const address = silent.address();
  assert.ok(typeof address === "object" && address !== null);
  const accepted = once(silent, "connection");
  const fleet = await simulateFleet({ acsUrl: `http://127.0.0.1:${address.port}/`, devices: 1 });
  await accepted;
  await fleet.close();
  await fleet.settled;
  assert.deepEqual(fleet.progress().failures, []);
  silent.close();
});

test("devices log in with the shared secret first", async () => {
  const firstContact = { username: "device", password: "first contact" };
  await using acs = await new ScriptedAcs(firstContact).open();
  await using fleet = await simulateFleet({ acsUrl: acs.url, devices: 2, ...oneByOne, firstContact });
  await fleet.settled;
  assert.equal(fleet.progress().informed, 2);
});

test("a failing device refuses some of what it is asked, and all of that is counted as served", async () => {
  await using acs = await new ScriptedAcs().open();
  const params = { ParameterNames: ["Device.DeviceInfo.SoftwareVersion"] };
  for (let call = 0; call < 40; call += 1) acs.call({ method: "GetParameterValues", params });
  const troubles = { failing: 1 };
  await using fleet = await simulateFleet({ acsUrl: acs.url, devices: 1, ...oneByOne, troubles });
  const settled: string[] = [];
  while (settled.length < 40) settled.push((await acs.settled.take()).method);
  const faults = settled.filter((method) => method === "Fault").length;
  assert.ok(faults > 3 && faults < 25, String(faults));
  await fleet.settled;
  const { rpcs, latencies } = fleet.progress();
  assert.deepEqual([rpcs, latencies.served?.count], [40, 40]);
});

test("a slow device answers after seconds", async () => {
  const clock = new VirtualClock();
  await using acs = await new ScriptedAcs().open();
  acs.call({ method: "GetParameterValues", params: { ParameterNames: ["Device.DeviceInfo."] } });
  const troubles = { slow: 1 };
  await using fleet = await simulateFleet({ acsUrl: acs.url, devices: 1, ...oneByOne, troubles, clock });
  await acs.informs.take();
  const answer = acs.settled.take();
  const over = AbortSignal.timeout(PATIENCE_MS);
  while (fleet.progress().rpcs === 0) {
    over.throwIfAborted();
    await clock.advance(10);
    await setImmediate();
  }
  assert.equal((await answer).method, "GetParameterValues");
  assert.ok((fleet.progress().latencies.served?.max ?? 0) >= 1_000);
});

test("a device that loses power boots again and remembers which ACS knows it", async () => {
  const clock = new VirtualClock();
  await using acs = await new ScriptedAcs().open();
  const troubles = { rebooting: 1 };
  const informInterval = 1_000_000;
  await using fleet = await simulateFleet({
    acsUrl: acs.url,
    devices: 1,
    ...oneByOne,
    troubles,
    informInterval,
    clock,
  });
  await fleet.settled;
  await acs.informs.take();
  while (acs.informs.untaken === 0) await clock.advance(1_000);
  const { Event, DeviceId } = await acs.informs.take();
  assert.deepEqual(
    Event.map(({ EventCode }) => EventCode),
    ["1 BOOT"],
  );
  assert.equal(DeviceId.SerialNumber, "SIM000001");
  assert.equal(fleet.progress().started, 1);
});

test("with a folder for it, the same fleet comes again", async () => {
  using folder = tempDir();
  await using acs = await new ScriptedAcs().open();
  const options = { acsUrl: acs.url, devices: 2, ...oneByOne, stateFolder: folder.file("fleet") };
  for (const expected of [["0 BOOTSTRAP", "1 BOOT"], ["1 BOOT"]]) {
    await using fleet = await simulateFleet(options);
    await fleet.settled;
    for (let device = 1; device <= 2; device += 1) {
      const { Event } = await acs.informs.take();
      assert.deepEqual(
        Event.map(({ EventCode }) => EventCode),
        expected,
      );
    }
  }
});

test("values change by themselves", async () => {
  const clock = new VirtualClock();
  await using acs = await new ScriptedAcs().open();
  const options = { ...oneByOne, changesPerHour: 3_600, kinds: ["smart-meter"], clock } as const;
  await using fleet = await simulateFleet({ acsUrl: acs.url, devices: 1, ...options });
  await fleet.settled;
  const TARIFF = "Device.X_F0F0F0_Meter.";
  await acs.informs.take();
  for (let minute = 0; minute < 6; minute += 1) await clock.advance(60_000);
  const { Event, ParameterList } = await acs.informs.take();
  assert.ok(Event.some(({ EventCode }) => EventCode === "4 VALUE CHANGE"));
  assert.ok(ParameterList[TARIFF] !== undefined);
});

/** Where nobody listens any more. */
async function deadUrl(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${address.port}/`;
}
