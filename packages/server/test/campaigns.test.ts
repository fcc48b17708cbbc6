import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Campaign } from "@heliograph/api";
import { createClient, type Client } from "@heliograph/api/client";
import { seededRandom, tempDir } from "@heliograph/testkit";
import { within } from "./deadline.ts";
import { runAcs } from "./running-acs.ts";
import { ServerHosts } from "./server-hosts.ts";
import { Supervisor } from "./supervisor.ts";
import { TransferringDevice } from "./transferring-device.ts";

const REBOOT = { query: "has key", method: "Reboot" };
const DEVICES = 12;
const KILLS = 8;
const LOOK_MS = 20;
/** Some lives end while devices are noted, some between two devices, some before anything is done. */
const LONGEST_LIFE_MS = 1_200;

test("devices are asked by a campaign, and what each answers is counted", async () => {
  await using acs = await runAcs();
  await using one = await enrolled(acs.client, acs.url, "1");
  await using two = await enrolled(acs.client, acs.url, "2");
  const { id } = await acs.client.campaigns.create(REBOOT);
  await until(acs.client, id, ({ counts }) => counts.begun === 2);
  await reboots(one);
  await refuses(two);
  const { counts, faults } = await until(acs.client, id, ({ state }) => state === "over");
  assert.deepEqual([counts.done, counts.faulted, faults], [1, 1, [{ code: 9001, devices: 1 }]]);
  const { items } = await acs.client.campaigns.devices(id, { state: "faulted" });
  assert.deepEqual(
    items.map(({ device, fault, reason }) => [device, fault, reason]),
    [[two.key, 9001, "no"]],
  );
  const [{ operation = "" } = {}] = items;
  assert.equal((await acs.client.operations.get(operation)).automatic, `campaign ${id}`);
});

test(`${KILLS} kills while a campaign runs leave no device out, and ask none twice`, async (t) => {
  const random = seededRandom((line) => t.diagnostic(line));
  using folder = tempDir();
  await using hosts = new ServerHosts();
  await using supervisor = await Supervisor.start({
    ...{ hosts, data: folder.file("data"), openEnrolment: "loopback" },
  });
  await using devices = new AsyncDisposableStack();
  const { acsUrl, northboundUrl, token } = await supervisor.up();
  const client = createClient({ url: northboundUrl, token });
  const keys: string[] = [];
  for (let serial = 1; serial <= DEVICES; serial += 1) {
    keys.push(devices.use(await enrolled(client, acsUrl, String(serial))).key);
  }
  const { id } = await client.campaigns.create({ ...REBOOT, pace: { perSecond: 4 } });
  while (supervisor.kills < KILLS) {
    const { number } = await supervisor.up();
    // When the next one dies is what chance decides; nothing is waited for.
    await delay(random.integer(0, LONGEST_LIFE_MS));
    await supervisor.kill();
    await supervisor.up(number + 1);
  }
  await until(client, id, ({ counts }) => counts.begun + counts.asleep === DEVICES);
  for (const key of keys) {
    const { items } = await client.operations.list({ device: key });
    const rebooting = items.filter(({ rpcs }) => rpcs[0]?.method === "Reboot");
    assert.equal(rebooting.length, 1, key);
  }
  await supervisor.stop();
});

function enrolled(client: Client, acsUrl: string, SerialNumber: string): Promise<TransferringDevice> {
  return TransferringDevice.enrol(client, { acsUrl, deviceId: { SerialNumber } });
}

async function reboots({ device }: TransferringDevice): Promise<void> {
  await device.inform();
  await device.expectRpc("Reboot");
  await device.answer({});
  await device.expectNothing();
}

async function refuses({ device }: TransferringDevice): Promise<void> {
  await device.inform();
  await device.expectRpc("Reboot");
  await device.fault(9001, "no");
  await device.expectNothing();
}

function until(client: Client, id: string, isAwaited: (campaign: Campaign) => boolean): Promise<Campaign> {
  let last: Campaign | undefined;
  const look = async (): Promise<Campaign> => {
    for (;;) {
      last = await client.campaigns.get(id);
      if (isAwaited(last)) return last;
      // What goes on in another process is looked at now and then.
      await delay(LOOK_MS);
    }
  };
  return within(look(), () => `the campaign to come there; it is ${JSON.stringify(last)}`);
}
