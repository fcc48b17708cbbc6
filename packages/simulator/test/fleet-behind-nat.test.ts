import { createClient } from "@heliograph/api/client";
import { startServer } from "@heliograph/server";
import { readSettings } from "@heliograph/server/settings";
import { simulateFleet } from "@heliograph/simulator";
import { tempDir } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { test } from "node:test";

const READ = { params: { ParameterNames: ["Device.DeviceInfo.SoftwareVersion"] }, wait: 20 };

test("a fleet behind a NAT is reached by UDP alone, each device at a port of its own [CWMP-UDP-8]", async () => {
  await using started = new AsyncDisposableStack();
  const folder = started.use(tempDir());
  const listeners = { southbound: "127.0.0.1:0", northbound: "127.0.0.1:0", stun: "127.0.0.1:0" };
  const server = await startServer(
    readSettings({ flags: { data: folder.path, ...listeners }, environment: {}, file: {} }),
  );
  started.defer(() => server.close());
  const { stun } = server.udp;
  assert.ok(stun !== undefined);
  const client = createClient({ url: server.northboundUrl, token: server.token });
  const fleet = started.use(
    await simulateFleet({
      acsUrl: server.acsUrl,
      devices: 3,
      mix: { classic: 1 },
      behindNat: { address: stun.host, port: stun.port },
    }),
  );
  await fleet.settled;
  const told = new Set<string>();
  for await (const { device } of client.events({ names: ["value-change"], after: 0 })) {
    told.add(device);
    if (told.size === 3) break;
  }
  const { items } = await client.devices.list();
  const addresses = new Set<unknown>();
  for (const { key, facts } of items) {
    assert.match(facts.connectionRequestUrl ?? "", /^http:\/\/10\./);
    const { ParameterList } = await client.call(key, "GetParameterValues", READ);
    assert.deepEqual(ParameterList, {
      "Device.DeviceInfo.": { SoftwareVersion: facts.softwareVersion },
    });
    const known = await client.devices.parameters(key, "Device.ManagementServer.");
    assert.equal(known.ParameterList["Device.ManagementServer."]?.["NATDetected"], true);
    addresses.add(known.ParameterList["Device.ManagementServer."]["UDPConnectionRequestAddress"]);
  }
  assert.equal(addresses.size, 3);
});
