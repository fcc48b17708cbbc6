import assert from "node:assert/strict";
import { after, test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "../running-server.ts";
import { knownOf } from "./learned-box.ts";
import { namesIn, TreeDevice, type WeakDevice } from "./tree-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
const { client } = server;
after(() => resources.disposeAsync());

/** Ten hosts with five parameters each, and some beside them. */
const names: readonly string[] = [
  "Device.DeviceInfo.UpTime",
  "Device.DeviceInfo.ModelName",
  ...Array.from({ length: 10 }, (_, host) =>
    ["Name", "Active", "Address", "Port", "Kind"].map((leaf) => `Device.Hosts.Host.${host + 1}.${leaf}`),
  ).flat(),
  "Device.Time.Enable",
];

async function treeDevice(software: string, weakness: Partial<WeakDevice> = {}): Promise<TreeDevice> {
  const device = await TreeDevice.start(server, `tree-${software}`, { names, ...weakness });
  resources.use(device);
  return device;
}

const all = { paths: ["Device."] };

test("a refresh reads a whole tree, level by level, in batches, and says that it is done", async () => {
  const device = await treeDevice("whole");
  const { operation, told } = await device.refreshed(all);
  assert.equal(operation.state, "done");
  assert.deepEqual(
    operation.rpcs.map(({ method }) => method),
    ["Refresh"],
  );
  assert.equal(operation.refresh?.read, names.length);
  assert.deepEqual(operation.refresh.left, { parameters: 0, objects: 0 });
  assert.deepEqual(operation.refresh.unreadable, { count: 0, items: [] });
  assert.equal(operation.refresh.rpcs, told.length);
  const known = await device.known();
  for (const name of names) assert.ok(known.includes(name), name);
});

test("of an answer that lacks a name, what came is kept, and the name is told [QUIRKS-TREE-30]", async () => {
  const device = await treeDevice("30", { missing: new Set(["Device.Hosts.Host.3.Port"]) });
  const { operation } = await device.refreshed(all);
  assert.equal(operation.state, "done");
  assert.deepEqual(operation.refresh?.unreadable, {
    count: 1,
    items: [{ path: "Device.Hosts.Host.3.Port" }],
  });
  assert.equal(operation.refresh.read, names.length - 1);
});

test("of an answer that holds others than were asked for, all is kept [QUIRKS-TREE-30]", async () => {
  const device = await treeDevice("30-others");
  const { id } = await client.operations.refresh(device.key, { paths: ["Device.Time.Enable"] });
  await device.session({}, () => ({
    result: { ParameterList: { "Device.Time.": { Status: "up" }, "Device.Other.": { Value: "1" } } },
  }));
  const { refresh } = await client.operations.get(id);
  assert.deepEqual(refresh?.unreadable.items, [{ path: "Device.Time.Enable" }]);
  assert.deepEqual(await device.known("Device.Other."), ["Device.Other.Value"]);
});

test("one name that makes every read with it fail is found and told, and the others are read [QUIRKS-TREE-31]", async () => {
  const bad = "Device.Hosts.Host.7.Address";
  const device = await treeDevice("31", { bad: new Set([bad]) });
  const { operation, told } = await device.refreshed(all);
  assert.equal(operation.state, "done");
  assert.equal(operation.refresh?.read, names.length - 1);
  assert.deepEqual(operation.refresh.unreadable, {
    count: 1,
    items: [{ path: bad, fault: { code: 9005, message: "fault 9005" } }],
  });
  assert.ok(told.length < names.length, `${told.length} RPCs`);
});

test("objects that are listed without their dots, or only by what lies in them, are found [QUIRKS-TREE-32]", async () => {
  const dotless = await treeDevice("32", { objects: "without-dot" });
  const { operation } = await dotless.refreshed(all);
  assert.deepEqual([operation.state, operation.refresh?.read], ["done", names.length]);
  const deep = await treeDevice("32-deep", { nextLevel: "ignored" });
  const listed = await deep.refreshed(all);
  assert.deepEqual([listed.operation.state, listed.operation.refresh?.read], ["done", names.length]);
  assert.equal(listed.told.filter(({ call }) => call.method === "GetParameterNames").length, 1);
});

test("a device that refuses an empty path is asked for its root object, and is not asked again [QUIRKS-TREE-33]", async () => {
  const device = await treeDevice("33", { emptyPath: "refused" });
  const { operation, told } = await device.refreshed({ paths: [""] });
  assert.deepEqual([operation.state, operation.refresh?.read], ["done", names.length]);
  assert.deepEqual(
    told.slice(0, 2).map(({ call }) => call.params["ParameterPath"] ?? ""),
    ["", "Device."],
  );
  await server.event(device.key, "quirk-learned");
  assert.deepEqual((await knownOf(client, device.bare))["empty-path"], ["refused", "learned", "device"]);
  const again = await device.refreshed({ paths: [""] });
  assert.equal(again.told[0]?.call.params["ParameterPath"], "Device.");
});

test("a device that answers with its whole tree for ever is read to a bound, and no further [QUIRKS-TREE-35]", async () => {
  const device = await treeDevice("35", { nextLevel: "ignored" });
  const endless = Array.from({ length: 40 }, (_, at) => [`Device.Loop.${at}.Loop.`, { Value: "1" }] as const);
  const { id } = await client.operations.refresh(device.key, { ...all, bounds: { rpcs: 12, names: 100 } });
  const told = await device.session({}, () => ({ result: { ParameterList: Object.fromEntries(endless) } }));
  assert.ok(told.length <= 12, `${told.length} RPCs`);
  const { refresh, state } = await client.operations.get(id);
  assert.equal(state, "done");
  assert.deepEqual(refresh?.left, { parameters: 0, objects: 0 });
});

test("a path that is written again and again by what asks by itself is stopped, and the event names what fights [QUIRKS-TREE-35]", async () => {
  const device = await treeDevice("35-circle");
  const write = (automatic: string, value: boolean) =>
    client.operations.create(device.key, {
      method: "SetParameterValues",
      params: { ParameterList: { "Device.Time.": { Enable: value } } },
      automatic,
    });
  for (let turn = 0; turn < 5; turn += 1) {
    await write("policy on", true);
    await device.session();
    await write("policy off", false);
    await device.session();
  }
  const { data } = await server.event(device.key, "circle-stopped");
  assert.deepEqual([data["path"], data["access"], data["times"]], ["Device.Time.Enable", "written", 10]);
  assert.deepEqual([data["by"]].flat().sort(), ["policy off", "policy on"]);
  await assert.rejects(write("policy on", true), /left alone/);
  const { circle } = await client.devices.get(device.key);
  assert.equal(circle?.path, "Device.Time.Enable");
  // A person may go on, and set it free.
  const byHand = {
    method: "SetParameterValues",
    params: { ParameterList: { "Device.Time.": { Enable: true } } },
  };
  assert.equal((await device.asked(byHand)).operation.state, "done");
  assert.equal((await client.devices.relieve(device.key)).circle, undefined);
});

test("a parameter that is listed as read-only is written where a person asks for it [QUIRKS-TREE-36]", async () => {
  const device = await treeDevice("36");
  await device.refreshed(all);
  const { ParameterList } = await client.devices.parameterDetails(device.key, "Device.Time.Enable");
  assert.equal(ParameterList["Device.Time."]?.["Enable"]?.writable, false);
  const params = { ParameterList: { "Device.Time.": { Enable: "1" } } };
  const { operation, told } = await device.asked({ method: "SetParameterValues", params });
  assert.deepEqual(
    told.map(({ call }) => call.method),
    ["SetParameterValues"],
  );
  assert.equal(operation.state, "done");
});

test("a device that cannot bear many names is asked for fewer, and so are those like it from the first on [QUIRKS-TREE-37]", async () => {
  const device = await treeDevice("37", { maxNames: 6 });
  const { operation } = await device.refreshed(all);
  assert.deepEqual([operation.state, operation.refresh?.read], ["done", names.length]);
  await server.event(device.key, "quirk-learned");
  assert.deepEqual((await knownOf(client, device.bare))["names-per-read"], ["4", "learned", "device"]);
  const sibling = await treeDevice("37", { maxNames: 6 });
  const { told } = await sibling.refreshed(all);
  const asked = told.filter(({ call }) => call.method === "GetParameterValues");
  assert.ok(asked.every(({ call, outcome }) => namesIn(call).length <= 4 && outcome?.fault === undefined));
});

test("a person says how many names a device is asked for [QUIRKS-TREE-37]", async () => {
  const device = await treeDevice("37-set");
  await client.devices.setQuirk(device.key, { name: "names-per-read", value: "2" });
  const { told } = await device.refreshed(all);
  assert.equal(Math.max(...told.map(({ call }) => namesIn(call).length)), 2);
});

test("AddObject is tried in a table of which a device lists nothing [QUIRKS-TREE-38]", async () => {
  const device = await treeDevice("38");
  await device.refreshed(all);
  const { id } = await device.bare.wanted({
    method: "AddObject",
    params: { ObjectName: "Device.NAT.PortMapping." },
  });
  const told = await device.session({}, () => ({ fault: { code: 9005, message: "no such table" } }));
  assert.deepEqual(
    told.map(({ call }) => call.params["ObjectName"]),
    ["Device.NAT.PortMapping."],
  );
  assert.equal((await client.operations.get(id)).fault?.code, 9005);
});

test("instances that have other numbers after a boot are found, and those before are forgotten [QUIRKS-TREE-39]", async () => {
  const device = await treeDevice("39");
  await device.refreshed(all);
  device.tree = {
    names: names.map((name) =>
      name.replace(/Host\.(\d+)/, (_, number: string) => `Host.${Number(number) + 20}`),
    ),
  };
  await device.session({ events: ["1 BOOT"] });
  await device.refreshed({ paths: ["Device.Hosts."] });
  const known = await device.known("Device.Hosts.");
  assert.deepEqual(known, device.tree.names.filter((name) => name.startsWith("Device.Hosts.")).toSorted());
});

test("a boot in the middle of a refresh makes it begin again: instances may have other numbers [QUIRKS-TREE-39]", async () => {
  const device = await treeDevice("39-middle", { maxNames: 8 });
  const { id } = await client.operations.refresh(device.key, all);
  let calls = 0;
  await device.session({}, () => ((calls += 1) > 6 ? undefined : "as-usual"));
  const moved = names.map((name) =>
    name.replace(/Host\.(\d+)/, (_, number: string) => `Host.${Number(number) + 20}`),
  );
  device.tree = { names: moved, maxNames: 8 };
  const told = await device.session({ events: ["1 BOOT"] });
  assert.equal(told[0]?.call.method, "GetParameterNames");
  const { state, refresh } = await client.operations.get(id);
  assert.deepEqual([state, refresh?.unreadable.count, refresh?.read], ["done", 0, names.length]);
  assert.deepEqual(
    await device.known("Device.Hosts."),
    moved.filter((name) => name.startsWith("Device.Hosts.")).toSorted(),
  );
});
