import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createClient } from "@heliograph/api/client";
import { tempDir } from "@heliograph/testkit";
import { freshFetch } from "../fresh-fetch.ts";
import { RunningServer } from "../running-server.ts";
import { TreeDevice } from "./tree-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
const { client } = server;
after(() => resources.disposeAsync());

const names = Array.from({ length: 60 }, (_, at) => `Device.Part.${Math.floor(at / 10) + 1}.Value${at}`);
const all = { paths: ["Device."] };
const parts = { paths: ["Device.Part.1.", "Device.Part.2.", "Device.Part.3."] };
const policy = {
  method: "GetParameterValues",
  params: { ParameterNames: ["Device.Part."] },
  automatic: "nightly",
};

async function treeDevice(software: string): Promise<TreeDevice> {
  return resources.use(await TreeDevice.start(server, `strain-${software}`, { names }));
}

/** Sessions in which the device hangs up at the first read; that it did is known when it comes again. */
async function hangUps(device: TreeDevice, times: number, events: readonly string[]): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await device.session(time === 0 ? {} : { events: [...events] }, () => undefined);
  }
  await device.session({ events: [...events] });
}

test("a device that falls silent at reads, several times in a row, is left alone by what asks by itself", async () => {
  const device = await treeDevice("silent");
  const { id } = await client.operations.refresh(device.key, parts);
  await hangUps(device, 3, ["2 PERIODIC"]);
  await server.ended(id);
  const ended = await client.operations.get(id);
  assert.equal(ended.state, "cancelled");
  assert.match(ended.reason ?? "", /left alone until .*: it did not answer, several times in a row/);
  const { strain } = await client.devices.get(device.key);
  assert.deepEqual([strain?.reason, strain?.strikes], ["silent", 3]);
  assert.ok(Date.parse(strain?.until ?? "") > Date.now());
  await assert.rejects(client.operations.create(device.key, policy), /left alone/);
});

test("a person may ask a device that is left alone, and a read that it answers ends that", async () => {
  const device = await treeDevice("answers");
  const { id } = await client.operations.refresh(device.key, parts);
  await hangUps(device, 3, ["2 PERIODIC"]);
  await server.ended(id);
  const { operation } = await device.refreshed(all);
  assert.deepEqual([operation.state, operation.refresh?.read], ["done", names.length]);
  assert.equal((await client.devices.get(device.key)).strain, undefined);
  await server.event(device.key, "recovered");
  await client.operations.create(device.key, policy);
});

test("a device that reboots while it is read is left alone as well, and longer each time", async () => {
  const device = await treeDevice("reboots");
  const untils: number[] = [];
  for (const strikes of [3, 4]) {
    const { id } = await client.operations.refresh(device.key, parts);
    await hangUps(device, strikes === 3 ? 3 : 1, ["1 BOOT"]);
    await server.ended(id);
    const { strain } = await client.devices.get(device.key);
    assert.deepEqual([strain?.reason, strain?.strikes], ["rebooted", strikes]);
    untils.push(Date.parse(strain?.until ?? "") - Date.parse(strain?.at ?? ""));
  }
  assert.deepEqual(untils, [300_000, 600_000]);
});

test("a person says that a device is left alone no longer", async () => {
  const device = await treeDevice("relieved");
  const { id } = await client.operations.refresh(device.key, parts);
  await hangUps(device, 3, ["2 PERIODIC"]);
  await server.ended(id);
  assert.equal((await client.devices.relieve(device.key)).strain, undefined);
  await client.operations.create(device.key, policy);
  const { items } = await client.audit({});
  assert.ok(items.some(({ action, device: key }) => action === "relieve-device" && key === device.key));
});

test("9004 for the least there is to ask counts, and 9004 for too much at once does not", async () => {
  const exhausted = await treeDevice("9004");
  for (let time = 0; time < 3; time += 1) {
    const { id } = await client.operations.create(exhausted.key, { ...policy, automatic: `script ${time}` });
    await exhausted.session({}, () => ({ fault: { code: 9004, message: "Resources exceeded" } }));
    assert.equal((await client.operations.get(id)).state, "faulted");
  }
  assert.equal((await client.devices.get(exhausted.key)).strain?.reason, "resources");
  await assert.rejects(client.operations.create(exhausted.key, policy), /left alone/);

  const weak = await treeDevice("9004-batch");
  weak.tree = { names, maxNames: 2 };
  const { operation } = await weak.refreshed(all);
  assert.equal(operation.refresh?.read, names.length);
  assert.equal((await client.devices.get(weak.key)).strain, undefined);
});

test("a refresh makes way: a write that comes while it goes on is sent before its next RPC", async () => {
  const device = await treeDevice("way");
  const { id } = await client.operations.refresh(device.key, all);
  const methods: string[] = [];
  const write = {
    method: "SetParameterValues",
    params: { ParameterList: { "Device.Part.1.": { Value0: "1" } } },
  };
  const { operation } = await device.asked(write);
  const told = await device.session();
  methods.push(...told.map(({ call }) => call.method));
  assert.equal(operation.state, "done");
  assert.equal((await client.operations.get(id)).state, "done");
});

test("a refresh survives a kill of the server: it goes on where it was, and asks nothing twice that was answered", async () => {
  await using stack = new AsyncDisposableStack();
  const killed = stack.use(await RunningServer.start(stack.use(tempDir()), "loopback"));
  const device = stack.use(await TreeDevice.start(killed, "killed", { names }));
  const { id } = await killed.client.operations.refresh(device.key, all);
  let calls = 0;
  const before = await device.session({}, () => ((calls += 1) > 4 ? undefined : "as-usual"));
  process.kill(killed.supervisor.pid ?? 0, "SIGKILL");
  const { northboundUrl: url, token } = await killed.supervisor.up(2);
  await device.bare.reconnect();
  const after = await device.session();
  const again = createClient({ url, token, fetch: freshFetch });
  const { state, refresh } = await again.operations.get(id);
  assert.deepEqual(
    [state, refresh?.read, refresh?.left],
    ["done", names.length, { parameters: 0, objects: 0 }],
  );
  const answered = before.filter(({ outcome }) => outcome !== undefined);
  const asked = (told: typeof before) => told.map(({ call }) => JSON.stringify(call));
  const repeated = asked(answered).filter((call) => asked(after).includes(call));
  assert.deepEqual(repeated, []);
  assert.ok((refresh?.rpcs ?? 0) >= answered.length + after.length);
});

test("what an alias or a wildcard stands for is read, and named as the device names it [CWMP-ADDRESS-1, CWMP-ADDRESS-2, CWMP-ADDRESS-4]", async () => {
  const device = await treeDevice("address");
  const { id } = await client.operations.refresh(device.key, {
    paths: ["Device.WiFi.Radio.[lan].Channel", "Device.WiFi.SSID.*.Name", "Device.Hosts.Host.[cpe-2]."],
  });
  const answers: Record<string, Record<string, string>> = {
    "Device.WiFi.Radio.3.": { Channel: "36" },
    "Device.WiFi.SSID.1.": { Name: "a" },
    "Device.WiFi.SSID.2.": { Name: "b" },
  };
  const told = await device.session({}, ({ method, params }) => {
    if (method === "GetParameterNames") {
      return { result: { ParameterList: { "Device.Hosts.Host.2.": { "": true, Name: false } } } };
    }
    const asked = [params["ParameterNames"]].flat().map(String);
    const hosts = asked.some((name) => name.startsWith("Device.Hosts."))
      ? { "Device.Hosts.Host.[cpe-2].": { Name: "c" } }
      : {};
    return { result: { ParameterList: asked.length > 1 ? { ...answers, ...hosts } : hosts } };
  });
  const { state, refresh } = await client.operations.get(id);
  assert.deepEqual([state, refresh?.unreadable], ["done", { count: 0, items: [] }]);
  const asked = told.flatMap(({ call }) =>
    [call.params["ParameterNames"] ?? call.params["ParameterPath"]].flat(),
  );
  for (const path of [
    "Device.WiFi.Radio.[lan].Channel",
    "Device.WiFi.SSID.*.Name",
    "Device.Hosts.Host.[cpe-2].",
  ]) {
    assert.ok(asked.includes(path), path);
  }
  assert.deepEqual(await device.known("Device.WiFi."), [
    "Device.WiFi.Radio.3.Channel",
    "Device.WiFi.SSID.1.Name",
    "Device.WiFi.SSID.2.Name",
  ]);
});

test("an instance that is set by an alias goes to the device as it was asked for [CWMP-ADDRESS-3]", async () => {
  const device = await treeDevice("alias");
  const { told } = await device.asked({
    method: "SetParameterValues",
    params: { ParameterList: { "Device.NAT.PortMapping.[web].": { Enable: true } } },
  });
  assert.deepEqual(told[0]?.call.params["ParameterList"], {
    "Device.NAT.PortMapping.[web].": { Enable: true },
  });
});
