import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { GrantRequest, NewGrant, Operation } from "@heliograph/api";
import { ApiError, createClient, type Client } from "@heliograph/api/client";
import { assertWithinSecond, tempDir, type LockstepDevice } from "@heliograph/testkit";
import { within } from "../deadline.ts";
import { enrolledDevice } from "../manage/enrolled-device.ts";
import { StompManager } from "../manage/stomp-manager.ts";
import { RunningServer } from "../running-server.ts";
import { escalations, GIVEN } from "./escalations.ts";

const SECOND_MS = 1_000;
const RADIO = { ParameterNames: ["Device.WiFi.Radio.1."] };
const CHANNEL = { ParameterList: { "Device.WiFi.Radio.1.": { Channel: 36 } } };
const SET_CHANNEL = {
  method: "SetParameterValues",
  params: { ParameterList: { "Device.WiFi.Radio.1.": { Channel: 11 } }, ParameterKey: "" },
};

const folder = tempDir();
const acs = await RunningServer.start(folder, "loopback");
after(async () => {
  await acs[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

test("a grant lets its holder read and write what it names, and nothing else, by REST [GRANTS-PATH-1, GRANTS-PATH-2, GRANTS-METHOD-1, GRANTS-METHOD-2]", async () => {
  await using device = await enrolledDevice(acs);
  const { client } = await granted(device);
  await learn(device, {
    "Device.WiFi.Radio.1.": { Alias: "inside", Channel: 36 },
    "Device.WiFi.Radio.2.": { Alias: "outside", Channel: 1 },
  });
  const { state } = await client.operations.create(device.key, {
    method: "GetParameterValues",
    params: RADIO,
  });
  assert.equal(state, "queued");
  for (const [how, rpc] of Object.entries(escalations)) {
    await assert.rejects(client.operations.create(device.key, rpc), refusedAs("not-allowed"), how);
    await assert.rejects(
      client.operations.create(device.key, { rpcs: [SET_CHANNEL, rpc] }),
      refusedAs("not-allowed"),
      `${how}, behind a call that is good`,
    );
  }
  await assert.rejects(client.operations.refresh(device.key), refusedAs("not-allowed"));
});

test("an alias is resolved before it is looked at, and the device is asked for the instance [GRANTS-PATH-3]", async () => {
  await using device = await enrolledDevice(acs);
  const { client } = await granted(device);
  await learn(device, { "Device.WiFi.Radio.1.": { Alias: "inside" } });
  const params = { ParameterNames: ["Device.WiFi.Radio.[inside].Channel"] };
  await client.operations.create(device.key, { method: "GetParameterValues", params });
  await device.inform();
  const asked = await device.expectRpc("GetParameterValues");
  assert.deepEqual(asked.params.ParameterNames, ["Device.WiFi.Radio.1.Channel"]);
  await device.answer(CHANNEL);
  await device.expectNothing();
});

test("another device is not there for a grant, in any list or by its key [GRANTS-SEE-1]", async () => {
  await using device = await enrolledDevice(acs);
  await using other = await enrolledDevice(acs);
  const { client } = await granted(device);
  assert.deepEqual(
    (await client.devices.list()).items.map(({ key }) => key),
    [device.key],
  );
  const tried = [
    client.devices.get(other.key),
    client.devices.parameters(other.key),
    client.devices.events(other.key),
    client.operations.create(other.key, { method: "GetParameterValues", params: RADIO }),
    client.devices.reject(device.key),
    client.devices.remove(device.key),
    client.quirks.list(),
    client.files.list(),
    client.audit(),
    client.tokens.create({ name: "more" }),
    client.users.list(),
    client.grants.list(),
    client.grants.create({ ...GIVEN, devices: [device.key] }),
  ];
  await Promise.all(tried.map((each) => assert.rejects(each, refusedAs("not-allowed"))));
  const foreign = await acs.client.operations.create(device.key, { method: "GetRPCMethods" });
  await assert.rejects(client.operations.get(foreign.id), refusedAs("unknown-operation"));
  await assert.rejects(client.operations.cancel(foreign.id), refusedAs("unknown-operation"));
  assert.deepEqual((await client.operations.list()).items, []);
});

test("of what the ACS knows a grant shows what it reads, without secrets [GRANTS-SEE-2]", async () => {
  await using device = await enrolledDevice(acs);
  const { client } = await granted(device, { read: ["Device.WiFi."] });
  await learn(device, {
    "Device.WiFi.AccessPoint.1.Security.": { KeyPassphrase: "open sesame", ModeEnabled: "WPA2" },
    "Device.DeviceInfo.": { SerialNumber: "1" },
  });
  const { ParameterList } = await client.devices.parameters(device.key);
  assert.deepEqual(ParameterList, {
    "Device.WiFi.AccessPoint.1.Security.": { KeyPassphrase: "(hidden)", ModeEnabled: "WPA2" },
  });
});

test("a grant asks over /manage within the same bounds [GRANTS-DOOR-1]", async () => {
  await using device = await enrolledDevice(acs);
  const { token } = await granted(device);
  await using manager = await StompManager.connect({ ...acs.life, token });
  manager.ask(device.key, ["GetParameterValues", RADIO], { "request-id": "good" });
  for (const [how, { method, params }] of Object.entries(escalations)) {
    manager.ask(device.key, [method, params], { "request-id": how });
    const { requestId, status, body } = await manager.answers.take();
    assert.deepEqual([requestId, status, reasonIn(body)], [how, "refused", "not-allowed"]);
  }
  await device.inform();
  await device.expectRpc("GetParameterValues");
  await device.answer(CHANNEL);
  await device.expectNothing();
  const { requestId, status } = await manager.answers.take();
  assert.deepEqual([requestId, status], ["good", "ok"]);
});

test("a revoked grant closes its sockets and streams, refuses who waits and cancels what is queued, within a second [GRANTS-END-1, GRANTS-END-2]", async () => {
  await using device = await enrolledDevice(acs);
  const { client, token, id } = await granted(device);
  await using manager = await StompManager.connect({ ...acs.life, token });
  const stream = await fetch(new URL("/api/v1/events", acs.life.northboundUrl), {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(stream.status, 200);
  const queued = await client.operations.create(device.key, SET_CHANNEL);
  const waiting = client.operations.create(device.key, {
    method: "GetParameterValues",
    params: RADIO,
    wait: 60,
  });
  const refused = assert.rejects(waiting, refusedAs("unauthenticated"));
  await operationsOf(device, 2);
  await assertWithinSecond(acs.life.northboundUrl, async () => {
    await acs.client.grants.revoke(id);
    assert.equal(await manager.closes.take(), 4001);
    await within(stream.text(), "the end of the stream");
    await refused;
  });
  assert.equal((await acs.client.operations.get(queued.id)).state, "cancelled");
  await assert.rejects(client.devices.list(), refusedAs("unauthenticated"));
  assert.equal(await StompManager.refused({ ...acs.life, token }), 4001);
});

test("a grant is narrowed by its holder too, extended by who may give it, and never widened [GRANTS-GIVE-2, GRANTS-GIVE-3]", async () => {
  await using device = await enrolledDevice(acs);
  const { client, id } = await granted(device);
  const narrow = { write: [], methods: ["GetParameterValues"] };
  const { write, methods, read } = await client.grants.narrow(id, narrow);
  assert.deepEqual({ write, methods, read }, { ...narrow, read: GIVEN.read });
  await assert.rejects(client.operations.create(device.key, SET_CHANNEL), refusedAs("not-allowed"));
  for (const wider of [
    { read: ["Device.WiFi."] },
    { read: ["Device.WiFi.Radio.*."] },
    { write: ["Device.WiFi.Radio.1."] },
    { methods: ["GetParameterValues", "Reboot"] },
    { devices: [device.key, "00D09E-IGD-other"] },
  ]) {
    await assert.rejects(
      acs.client.grants.narrow(id, wider),
      refusedAs("not-allowed"),
      JSON.stringify(wider),
    );
  }
  await assert.rejects(client.grants.extend(id, { seconds: 7_200 }), refusedAs("not-allowed"));
  const { expires } = await acs.client.grants.extend(id, { seconds: 7_200 });
  assert.ok(Date.parse(expires) > Date.now() + 3_600_000);
  await assert.rejects(acs.client.grants.extend(id, { seconds: 604_800 + 1 }), refusedAs("invalid-request"));
  const ten = await acs.client.grants.narrow(id, { seconds: 600 });
  assert.ok(Date.parse(ten.expires) <= Date.now() + 600_000);
});

test("nobody gives more than they may: by a grant, a token, a role or a user [GRANTS-GIVE-1]", async () => {
  await using device = await enrolledDevice(acs);
  const support = await acs.client.roles.set("wifi-desk", {
    devices: [device.key],
    methods: ["GetParameterValues"],
    read: ["Device.WiFi."],
    write: [],
    channels: [],
    acts: ["give-grants", "give-tokens", "keep-users"],
    secrets: false,
  });
  const made = await acs.client.tokens.create({ name: "wifi desk", role: support.name });
  const client = clientOf(made.token);
  const grant = { holder: "h", reason: "r", devices: [device.key] };
  assert.equal(
    (await client.grants.create({ ...grant, read: ["Device.WiFi.Radio."], methods: [] })).methods.length,
    0,
  );
  const tried = [
    client.grants.create({ ...grant, read: ["Device."], methods: ["GetParameterValues"] }),
    client.grants.create({ ...grant, read: ["Device.WiFi."], methods: ["Reboot"] }),
    client.grants.create({ ...grant, write: ["Device.WiFi."], methods: [] }),
    client.grants.create({ ...grant, devices: ["00D09E-IGD-other"], methods: [] }),
    client.tokens.create({ name: "more" }),
    client.tokens.create({ name: "more", role: "viewer" }),
    client.users.add({ name: "friend", password: "a long password", role: "admin" }),
    client.roles.set("wifi-desk", { ...support.rights, secrets: true }),
    client.roles.set("viewer", support.rights),
    client.devices.approve(device.key),
  ];
  await Promise.all(tried.map((each) => assert.rejects(each, refusedAs("not-allowed"))));
});

test("who reads the audit log for some devices reads of those alone, and no value that they may not read [GRANTS-SEE-2]", async () => {
  await using device = await enrolledDevice(acs);
  await using other = await enrolledDevice(acs);
  const none = { methods: [], read: [], write: [], channels: [], secrets: false };
  await acs.client.roles.set("auditor", { ...none, devices: [device.key], acts: ["read-audit"] });
  const { token } = await acs.client.tokens.create({ name: "auditor", role: "auditor" });
  for (const { key } of [device, other]) await acs.client.operations.create(key, SET_CHANNEL);
  const { items } = await clientOf(token).audit({ action: "call" });
  const calls = items.filter(({ device: on }) => on === device.key);
  assert.equal(calls.length, 1);
  assert.deepEqual(Object.keys(calls[0]?.detail ?? {}), ["operation", "methods"]);
  assert.ok(items.every(({ device: on }) => on !== other.key));
});

test("what was done under a grant is in the audit log with what was there before, and reads as a transcript [GRANTS-AUDIT-1, GRANTS-AUDIT-2, GRANTS-AUDIT-3]", async () => {
  await using device = await enrolledDevice(acs);
  const { client, id } = await granted(device);
  await learn(device, { "Device.WiFi.Radio.1.": { Channel: 36 } });
  const asked = await client.operations.create(device.key, SET_CHANNEL);
  await assert.rejects(client.operations.create(device.key, { method: "FactoryReset" }));
  await device.inform();
  await device.expectRpc("SetParameterValues");
  await device.answer({ Status: 0 });
  await device.expectNothing();
  const { items } = await acs.client.audit({ grant: id, action: "call" });
  assert.deepEqual(
    items.map(({ manager, device: on, grant, detail }) => ({ manager, on, grant, set: detail["set"] })),
    [
      {
        manager: `grant:${id}`,
        on: device.key,
        grant: id,
        set: { "Device.WiFi.Radio.1.Channel": { from: 36, to: 11 } },
      },
    ],
  );
  const [{ operation, state: end, changes } = assert.fail("it is there")] = items;
  const change = { path: "Device.WiFi.Radio.1.Channel", before: 36, asked: 11, after: 11 };
  assert.deepEqual([operation, end, changes], [asked.id, "done", [change]]);
  const { items: entries, isAll } = await client.grants.transcript(id);
  assert.equal(isAll, true);
  assert.deepEqual(
    entries.map(({ action, state, outcomes }) => [action, state, outcomes]),
    [
      ["create-grant", undefined, undefined],
      ["call", "done", [{ result: { Status: 0 } }]],
      ["refused-call", undefined, undefined],
    ],
  );
  const [mine, later] = [
    await acs.client.audit({ manager: `grant:${id}` }),
    await acs.client.audit({ grant: id, since: new Date(Date.now() + SECOND_MS).toISOString() }),
  ];
  assert.deepEqual([mine.items.length, later.items.length], [2, 0]);
});

test("a grant that has expired opens nothing, and what was asked under it ends with it [GRANTS-END-3]", async () => {
  await using device = await enrolledDevice(acs);
  const { client, token } = await granted(device, { seconds: 1 });
  await using manager = await StompManager.connect({ ...acs.life, token });
  const { id, expires } = await client.operations.create(device.key, SET_CHANNEL);
  assert.ok(Date.parse(expires) <= Date.now() + SECOND_MS);
  assert.equal(await manager.closes.take(), 4001);
  await assert.rejects(client.devices.list(), refusedAs("unauthenticated"));
  await acs.ended(id);
  assert.equal((await acs.client.operations.get(id)).state, "expired");
});

test("a token that was changed, or is not signed, is none [GRANTS-TOKEN-1]", async () => {
  await using device = await enrolledDevice(acs);
  const { token } = await granted(device);
  const [head = "", claims = "", signature = ""] = token.split(".");
  const told = Buffer.from(claims, "base64url").toString();
  const changed = told.replace(/"sub":"[0-9a-f]+"/, `"sub":"${"f".repeat(16)}"`);
  assert.notEqual(changed, told);
  const other = Buffer.from(changed).toString("base64url");
  for (const forged of [`${head}.${other}.${signature}`, `${head}.${claims}.`, `${head}.${claims}`]) {
    await assert.rejects(clientOf(forged).devices.list(), refusedAs("unauthenticated"));
  }
});

interface Granted extends NewGrant {
  readonly client: Client;
}

async function granted(device: LockstepDevice, changes: Partial<GrantRequest> = {}): Promise<Granted> {
  const grant = await acs.client.grants.create({ ...GIVEN, devices: [device.key], ...changes });
  return { ...grant, client: clientOf(grant.token) };
}

function clientOf(token: string): Client {
  return createClient({ url: acs.life.northboundUrl, token });
}

/** The device is asked by the admin, and what it answers is known from then on. */
async function learn(
  device: LockstepDevice,
  ParameterList: Readonly<Record<string, Readonly<Record<string, string | number>>>>,
): Promise<void> {
  const { id } = await acs.client.operations.create(device.key, {
    method: "GetParameterValues",
    params: { ParameterNames: ["Device."] },
  });
  await device.inform();
  await device.expectRpc("GetParameterValues");
  await device.answer({ ParameterList });
  await device.expectNothing();
  await acs.ended(id);
}

/** Waits for so many open operations. */
async function operationsOf(device: LockstepDevice, count: number): Promise<readonly Operation[]> {
  for (;;) {
    const { items } = await acs.client.operations.list({ device: device.key, state: "queued" });
    if (items.length >= count) return items;
    await acs.event(device.key, "operation");
  }
}

function refusedAs(reason: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ApiError, String(error));
    assert.equal(error.reason, reason, error.message);
    return true;
  };
}

function reasonIn(body: string): unknown {
  const problem: unknown = JSON.parse(body);
  assert.ok(typeof problem === "object" && problem !== null && "type" in problem);
  return String(problem.type).split(":").at(-1);
}
