import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ApiError, createClient, type Client } from "@heliograph/api/client";
import { assertWithinSecond, tempDir } from "@heliograph/testkit";
import { within } from "../deadline.ts";
import { enrolledDevice } from "../manage/enrolled-device.ts";
import { StompManager } from "../manage/stomp-manager.ts";
import { RunningServer } from "../running-server.ts";

const PASSWORD = "correct horse battery";
const REBOOT = { method: "Reboot", params: { CommandKey: "" } };

const folder = tempDir();
const acs = await RunningServer.start(folder, "loopback");
after(async () => {
  await acs[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
let users = 0;

test("a user signs in by name and password, may do what the role says, and signs out [GRANTS-USER-1]", async () => {
  const { name, client } = await signedIn("viewer");
  const { rights, ...me } = await client.sessions.me();
  assert.equal(me.name, name);
  assert.deepEqual([rights.methods, rights.write, rights.secrets], [[], [], false]);
  const wrong = createClient({ url: acs.life.northboundUrl, token: "" });
  for (const tried of [
    { name, password: "wrong" },
    { name: "nobody", password: PASSWORD },
  ]) {
    await assert.rejects(wrong.sessions.signIn(tried), refusedAs("unauthenticated"));
  }
  await client.sessions.signOut();
  await assert.rejects(client.devices.list(), refusedAs("unauthenticated"));
});

test("each role does what it is for and nothing else [GRANTS-ROLE-1]", async () => {
  await using device = await enrolledDevice(acs);
  const [viewer, support, operator] = [
    (await signedIn("viewer")).client,
    (await signedIn("support")).client,
    (await signedIn("operator")).client,
  ];
  const { key } = device;
  for (const client of [viewer, support, operator]) assert.equal((await client.devices.get(key)).key, key);
  await support.operations.create(key, REBOOT);
  await operator.operations.create(key, { method: "FactoryReset" });
  await operator.devices.approve(key);
  const refused = {
    viewer: [viewer.operations.create(key, REBOOT), viewer.operations.refresh(key), viewer.audit()],
    support: [
      support.operations.create(key, { method: "FactoryReset" }),
      support.operations.create(key, {
        method: "SetParameterValues",
        params: { ParameterList: { "Device.WiFi.": { Enable: false } } },
      }),
      support.devices.reject(key),
      support.grants.create({ holder: "h", reason: "r", devices: [key], read: ["Device."] }),
    ],
    operator: [
      operator.users.list(),
      operator.tokens.list(),
      operator.tokens.create({ name: "mine" }),
      operator.users.add({ name: "friend", password: PASSWORD, role: "admin" }),
      operator.roles.remove("none"),
    ],
  };
  const all = Object.values(refused).flat();
  await Promise.all(all.map((each: Promise<unknown>) => assert.rejects(each, refusedAs("not-allowed"))));
  const grant = await operator.grants.create({ holder: "h", reason: "r", devices: [key], read: ["Device."] });
  assert.deepEqual(grant.methods, ["GetParameterNames", "GetParameterValues", "GetParameterAttributes"]);
});

test("a viewer sees no secret of what the ACS keeps [GRANTS-SEE-2]", async () => {
  await using device = await enrolledDevice(acs);
  const { client } = await signedIn("viewer");
  const asked = { method: "GetParameterValues", params: { ParameterNames: ["Device.WiFi."] } };
  const { id } = await acs.client.operations.create(device.key, asked);
  await device.inform();
  await device.expectRpc("GetParameterValues");
  const security = "Device.WiFi.AccessPoint.1.Security.";
  await device.answer({
    ParameterList: { [security]: { KeyPassphrase: "open sesame", ModeEnabled: "WPA2" } },
  });
  await device.expectNothing();
  await acs.ended(id);
  const hidden = { ParameterList: { [security]: { KeyPassphrase: "(hidden)", ModeEnabled: "WPA2" } } };
  assert.deepEqual(await client.devices.parameters(device.key, "Device.WiFi."), hidden);
  assert.deepEqual((await client.operations.get(id)).result, hidden);
  const { ParameterList } = await acs.client.devices.parameters(device.key, "Device.WiFi.");
  assert.equal(ParameterList[security]?.["KeyPassphrase"], "open sesame");
});

test("a user who is disabled is out within a second, from sockets and streams too, and cannot sign in [GRANTS-USER-2, GRANTS-END-1]", async () => {
  const { name, client, token } = await signedIn("operator");
  await using manager = await StompManager.connect({ ...acs.life, token });
  const stream = await fetch(new URL("/api/v1/events", acs.life.northboundUrl), {
    headers: { authorization: `Bearer ${token}` },
  });
  await assertWithinSecond(acs.life.northboundUrl, async () => {
    await acs.client.users.change(name, { disabled: true });
    assert.equal(await manager.closes.take(), 4001);
    await within(stream.text(), "the end of the stream");
  });
  await assert.rejects(client.devices.list(), refusedAs("unauthenticated"));
  await assert.rejects(client.sessions.signIn({ name, password: PASSWORD }), refusedAs("unauthenticated"));
  await acs.client.users.change(name, { disabled: false });
  assert.equal((await client.sessions.signIn({ name, password: PASSWORD })).role, "operator");
});

test("a role that is changed or removed holds at once for whoever has it [GRANTS-ROLE-2]", async () => {
  await using device = await enrolledDevice(acs);
  const rights = {
    devices: [device.key],
    methods: ["Reboot"],
    ...{ read: [], write: [], channels: [], acts: [] },
    secrets: false,
  };
  await acs.client.roles.set("rebooters", rights);
  const { client } = await signedIn("rebooters");
  await client.operations.create(device.key, REBOOT);
  await acs.client.roles.set("rebooters", { ...rights, methods: [] });
  await assert.rejects(client.operations.create(device.key, REBOOT), refusedAs("not-allowed"));
  await acs.client.roles.remove("rebooters");
  await assert.rejects(client.devices.list(), refusedAs("unauthenticated"));
});

test("what signs people in is neither listed nor told, and a password has ten characters [GRANTS-USER-3]", async () => {
  const { name } = await signedIn("viewer");
  const kept = JSON.stringify([await acs.client.users.list(), await acs.client.audit({ limit: 1_000 })]);
  assert.ok(kept.includes(name) && !kept.includes(PASSWORD) && !/[0-9a-f]{64}/.test(kept));
  const short = acs.client.users.add({ name: "short", password: "ninechars", role: "viewer" });
  await assert.rejects(short, refusedAs("invalid-request"));
});

interface SignedIn {
  readonly name: string;
  readonly token: string;
  readonly client: Client;
}

async function signedIn(role: string): Promise<SignedIn> {
  const name = `user-${(users += 1)}`;
  await acs.client.users.add({ name, password: PASSWORD, role });
  const { token } = await acs.client.sessions.signIn({ name, password: PASSWORD });
  return { name, token, client: createClient({ url: acs.life.northboundUrl, token }) };
}

function refusedAs(reason: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ApiError, String(error));
    assert.equal(error.reason, reason, error.message);
    return true;
  };
}
