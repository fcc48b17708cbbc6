import { createClient, type Client } from "@heliograph/api/client";
import { readSettings } from "@heliograph/server/settings";
import { startServer } from "@heliograph/server";
import { simulateFleet, spoken, type Fleet, type Mix } from "@heliograph/simulator";
import { tempDir } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

const DEVICES = 12;
/** What half of the devices speak, in equal shares; the others are classic. */
const SUBPROTOCOLS = spoken.filter((each) => each !== "classic");
const MIX: Mix = {
  ...Object.fromEntries(SUBPROTOCOLS.map((each) => [each, 1])),
  classic: SUBPROTOCOLS.length,
};
const PATIENCE_MS = 20_000;
const READ = { params: { ParameterNames: ["Device.DeviceInfo.SoftwareVersion"] }, wait: 10 };

const started = new AsyncDisposableStack();
let client: Client;
let fleet: Fleet;

before(async () => {
  const folder = started.use(tempDir());
  const flags = { data: folder.path, southbound: "127.0.0.1:0", northbound: "127.0.0.1:0" };
  const server = await startServer(readSettings({ flags, environment: {}, file: {} }));
  started.defer(() => server.close());
  client = createClient({ url: server.northboundUrl, token: server.token });
  const connected = eventsOf("connected", DEVICES / 2);
  fleet = started.use(await simulateFleet({ acsUrl: server.acsUrl, devices: DEVICES, mix: MIX, rate: 200 }));
  await fleet.settled;
  await connected;
});

after(() => started.disposeAsync());

test("all devices are with the ACS, half of them connected for good", async () => {
  const { items } = await client.devices.list();
  assert.equal(items.length, DEVICES);
  const connected = items.filter(({ reachability }) => reachability === "connected");
  assert.equal(connected.length, DEVICES / 2);
  for (const subprotocol of SUBPROTOCOLS) {
    const speaking = connected.filter(({ connection }) => connection?.subprotocol === subprotocol);
    assert.equal(speaking.length, DEVICES / 2 / SUBPROTOCOLS.length, subprotocol);
  }
  assert.ok(new Set(items.map(({ facts }) => facts.softwareVersion)).size > 2);
});

test("devices fetch a firmware, run the version that its name says, and send what they have", async () => {
  const { items } = await client.devices.list();
  const [key] = items.map((device) => device.key);
  assert.ok(key !== undefined);
  const file = await client.files.add({ name: "sim 7.8.9.bin" }, Buffer.from("firmware"));
  await ended((await client.operations.download(key, { file: file.id })).id);
  const upload = await ended((await client.operations.upload(key)).id);
  const content = await client.files.content(upload.transfer?.file ?? "");
  assert.match(await content.text(), /^SoftwareVersion=7\.8\.9$/m);
});

for (const speaks of spoken) {
  const way = speaks === "classic" ? "after a connection request" : "over the connection";
  test(`a device that speaks ${speaks} answers ${way}`, async () => {
    const { items } = await client.devices.list();
    const device = items.find(({ connection, reachability }) =>
      speaks === "classic" ? reachability === "wakeable" : connection?.subprotocol === speaks,
    );
    assert.ok(device !== undefined);
    const { ParameterList } = await client.call(device.key, "GetParameterValues", READ);
    assert.deepEqual(ParameterList, {
      "Device.DeviceInfo.": { SoftwareVersion: device.facts.softwareVersion },
    });
  });
}

test("what the fleet counts is what there was", () => {
  const { started: on, informed, attached, rpcs, failures, latencies, parts } = fleet.progress();
  assert.deepEqual({ on, informed, attached }, { on: DEVICES, informed: DEVICES, attached: DEVICES / 2 });
  assert.ok(rpcs >= spoken.length, String(rpcs));
  assert.ok(parts.every((part) => part.latencies.served !== undefined));
  assert.deepEqual(
    parts.map(({ speaks }) => speaks),
    spoken,
  );
  assert.deepEqual(failures, []);
  assert.equal(latencies.attached?.count, DEVICES / 2);
});

test("a fleet that is switched off leaves nobody connected", async () => {
  const disconnected = eventsOf("disconnected", DEVICES / 2);
  await fleet.close();
  await disconnected;
  const { items } = await client.devices.list();
  assert.ok(items.every(({ reachability }) => reachability !== "connected"));
});

/** Resolves once so many events of that name were told. */
async function eventsOf(name: string, count: number): Promise<void> {
  const told: string[] = [];
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for await (const { device } of client.events({ names: [name], after: 0, signal })) {
    if (told.push(device) === count) return;
  }
}

async function ended(id: string) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for await (const { operation } of client.events({ names: ["operation"], after: 0, signal })) {
    const found = operation === id ? await client.operations.get(id) : undefined;
    if (found?.ended !== undefined) return found;
  }
  throw new Error(`the operation ${id} did not end`);
}
