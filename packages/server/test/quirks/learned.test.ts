import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createClient } from "@heliograph/api/client";
import { tempDir } from "@heliograph/testkit";
import { envelopeText } from "../envelopes.ts";
import { freshFetch } from "../fresh-fetch.ts";
import { RunningServer } from "../running-server.ts";
import { BareDevice, proofOf, readCall } from "./bare-device.ts";
import type { BareReply } from "./bare-wire.ts";
import { called as connectionRequested, challenge, OK } from "./connection-requests-called.ts";
import {
  BOX,
  boxWith,
  declining,
  introduced,
  knownOf,
  reportsBoolean,
  valueIn,
  writtenTo,
} from "./learned-box.ts";
import { assertInformed, assertNothing } from "./messages-odd-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
const { client } = server;
after(() => resources.disposeAsync());

const enable = { method: "SetParameterValues", params: { ParameterList: { "Device.A.": { B: true } } } };

/** Sets a time with fractions of a second. */
const date = {
  method: "SetParameterValues",
  params: { ParameterList: { "Device.A.": { At: ["2026-01-31T12:00:00.25Z", "dateTime"] } } },
};

test("a device is sent an XML declaration where it writes one itself, and none where it does not [QUIRKS-MESSAGE-1]", async () => {
  await using silent = await boxWith(server, "1-silent");
  await using declaring = await boxWith(server, "1-declaring", { declaration: true });
  assertInformed(await silent.post(silent.inform(), {}));
  assertInformed(await declaring.post(declaring.inform({ declaration: true }), {}), { declaration: true });
  await server.event(declaring.key, "quirk-learned");
  assert.deepEqual(await knownOf(client, silent), {});
  assert.deepEqual(await knownOf(client, declaring), { declaration: ["present", "learned", "device"] });
});

test("a device that writes a declaration and can read none gets none once a person says so [QUIRKS-MESSAGE-1]", async () => {
  await using device = await boxWith(server, "1-said", { declaration: true });
  await client.devices.setQuirk(device.key, { name: "declaration", value: "absent" });
  assertInformed(await device.post(device.inform({ declaration: true }), {}));
});

test("a device that needs the declaration it does not write gets one from the session on that follows a person's word [QUIRKS-MESSAGE-2]", async () => {
  await using device = await boxWith(server, "2-needing");
  assertInformed(await device.post(device.inform(), {}));
  await client.devices.setQuirk(device.key, { name: "declaration", value: "present" });
  await device.wanted(enable);
  // The session goes on as it began.
  assert.ok((await device.post("")).body.startsWith("<soap-env:Envelope "));

  const reply = await device.post(device.inform(), {});
  assertInformed(reply, { declaration: true });
  assert.match(reply.bytes, /\r\n\r\n<\?xml version="1.0" encoding="UTF-8"\?><soap-env:Envelope /);
  await client.devices.unsetQuirk(device.key, "declaration");
  assertInformed(await device.post(device.inform(), {}));
});

test("all devices of a model with that software get a declaration from their first session on once a person says so [QUIRKS-MESSAGE-2]", async () => {
  const model = { ...BOX, softwareVersion: "2-model" };
  await client.quirks.set(model, { name: "declaration", value: "present" });
  await using device = new BareDevice(server);
  assertInformed(await introduced(device, "2-model"), { declaration: true });
  await using other = new BareDevice(server);
  assertInformed(await introduced(other, "2-other"));
});

test("a device that is said to refuse fractions of a second is set times in whole seconds [QUIRKS-MESSAGE-27]", async () => {
  await using device = await boxWith(server, "27-device");
  assert.equal(await writtenTo(device, date), "2026-01-31T12:00:00.25Z");
  await client.devices.setQuirk(device.key, { name: "fractions", value: "dropped" });
  assert.equal(await writtenTo(device, date), "2026-01-31T12:00:00Z");
});

test("a model that is said to refuse fractions of a second is set times in whole seconds, other software is not [QUIRKS-MESSAGE-27]", async () => {
  await client.quirks.set({ ...BOX, softwareVersion: "27-model" }, { name: "fractions", value: "dropped" });
  await using device = await boxWith(server, "27-model");
  await using other = await boxWith(server, "27-other");
  assert.equal(await writtenTo(device, date), "2026-01-31T12:00:00Z");
  assert.equal(await writtenTo(other, date), "2026-01-31T12:00:00.25Z");
});

for (const [kind, own, written] of [
  ["digits", "0", "1"],
  ["words", "false", "true"],
] as const) {
  test(`a device that writes booleans as ${kind} has its own set so, also in later sessions [QUIRKS-MESSAGE-28]`, async () => {
    await using device = await boxWith(server, `28-${kind}`);
    await reportsBoolean(device, own);
    if (kind === "words") await server.event(device.key, "quirk-learned");
    assert.equal(await writtenTo(device, enable), written);
  });
}

test("a device profits in its first session from what another of its model with its software taught [QUIRKS-MESSAGE-28]", async () => {
  await using teacher = await boxWith(server, "28-taught");
  await reportsBoolean(teacher, "true");
  const { data } = await server.event(teacher.key, "quirk-learned");
  assert.deepEqual(data, { booleans: "words" });

  await using sibling = new BareDevice(server);
  assertInformed(await introduced(sibling, "28-taught"));
  await sibling.wanted(enable);
  assert.equal(valueIn(await declining(sibling)), "true");
  assert.deepEqual(await knownOf(client, sibling), { booleans: ["words", "learned", "model-and-software"] });

  await using stranger = new BareDevice(server);
  assertInformed(await introduced(stranger, "28-untaught"));
  await stranger.wanted(enable);
  assert.equal(valueIn(await declining(stranger)), "1");
  assert.deepEqual(await knownOf(client, stranger), {});
});

const reboot = { method: "Reboot", params: { CommandKey: "k" } };
const rebooted = envelopeText("<cwmp:RebootResponse/>", { id: null });

/** Opens a session with a proof, and goes on without one. */
async function withoutProof(device: BareDevice): Promise<BareReply> {
  await device.reconnect();
  const proof = proofOf(await device.post(device.inform(), {}), device.own.login);
  assert.equal((await device.post(device.inform(), proof)).status, 200);
  return device.post("");
}

test("where a device was seen to probe by empty POSTs, those of its model with its software are challenged from the first on", async () => {
  const software = { "Device.DeviceInfo.SoftwareVersion": "3-probing" };
  await using teacher = await BareDevice.equipped(server, software);
  await using sibling = await BareDevice.equipped(server, software);
  await using other = await BareDevice.equipped(server, {
    "Device.DeviceInfo.SoftwareVersion": "3-other",
  });
  assertNothing(await withoutProof(sibling));

  const { login } = teacher.own;
  await teacher.wanted(reboot);
  assert.equal(readCall(await withoutProof(teacher)).method, "Reboot");
  const proof = proofOf(await teacher.post(""), login);
  assertNothing(await teacher.post(rebooted, { ...teacher.cookie, ...proof }));
  const { data } = await server.event(teacher.key, "quirk-learned");
  assert.deepEqual(data, { "empty-post-probes": "yes" });

  assert.equal((await withoutProof(sibling)).status, 401);
  assertNothing(await withoutProof(other));
  await client.devices.setQuirk(sibling.key, { name: "empty-post-probes", value: "no" });
  assertNothing(await withoutProof(sibling));
});

test("a device that returns no cookies is known for it, as its model with its software is", async () => {
  await using device = await boxWith(server, "49-bare");
  await device.wanted(reboot);
  assertInformed(await device.post(device.inform(), {}));
  assert.equal(readCall(await device.post("", {})).method, "Reboot");
  assertNothing(await device.post(rebooted, {}));
  await server.event(device.key, "quirk-learned");
  assert.deepEqual(await knownOf(client, device), { cookies: ["not-returned", "learned", "device"] });
  const { models } = await client.quirks.list();
  const model = models.find(({ model: { softwareVersion } }) => softwareVersion === "49-bare");
  assert.deepEqual(
    model?.quirks.map(({ name, value, how }) => [name, value, how]),
    [["cookies", "not-returned", "learned"]],
  );
});

const BASIC = challenge('Basic realm="cpe"');

test("a device that asks for Basic is sent its password where a person has allowed it for the model [QUIRKS-REQUEST-58]", async () => {
  const allowed = { name: "basic-connection-requests", value: "allowed" };
  await client.quirks.set({ ...BOX, softwareVersion: "58-allowed" }, allowed);
  const running = (software: string) => ({ parameters: { "Device.DeviceInfo.SoftwareVersion": software } });
  const { requests, outcome, login } = await connectionRequested(server, [BASIC, OK], running("58-allowed"));
  const sent = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  assert.equal(requests.length, 2);
  assert.ok(requests[1]?.includes(`\r\nAuthorization: Basic ${sent}\r\n`), requests[1]);
  assert.deepEqual([outcome.result, outcome.status], ["accepted", 200]);

  const other = await connectionRequested(server, [BASIC, OK], running("58-other"));
  assert.deepEqual([other.requests.length, other.outcome.result], [1, "refused"]);
});

test("a device that is said to read one challenge alone is given that of MD5, by its Inform's 401", async () => {
  await using device = await BareDevice.equipped(server);
  const offered = async () => {
    const { status, headers } = await device.post(device.inform(), {});
    assert.equal(status, 401);
    const challenges = headers.get("www-authenticate") ?? [];
    return challenges.map((text) => /algorithm=(\S+)/.exec(text)?.[1] ?? text);
  };
  const basic = 'Basic realm="heliograph"';
  assert.deepEqual(await offered(), ["MD5", "SHA-256", basic]);
  await client.devices.setQuirk(device.key, { name: "digest", value: "md5-only" });
  assert.deepEqual(await offered(), ["MD5", basic]);
});

test("what a device teaches, and what a person says of it and its model, outlasts a restart", async () => {
  await using stack = new AsyncDisposableStack();
  const restarted = stack.use(await RunningServer.start(stack.use(tempDir()), "loopback"));
  await using device = await boxWith(restarted, "1.0");
  await reportsBoolean(device, "true");
  await restarted.event(device.key, "quirk-learned");
  await restarted.client.devices.setQuirk(device.key, { name: "declaration", value: "present" });
  await restarted.client.quirks.set(BOX, { name: "fractions", value: "dropped" });
  const before = await restarted.client.quirks.list();

  await restarted.supervisor.restart();
  const { northboundUrl: url, token } = await restarted.supervisor.up(2);
  const again = createClient({ url, token, fetch: freshFetch });
  assert.deepEqual(await again.quirks.list(), before);
  assert.deepEqual(await knownOf(again, device), {
    declaration: ["present", "set", "device", "local"],
    booleans: ["words", "learned", "device"],
    fractions: ["dropped", "set", "model", "local"],
  });
  await device.reconnect();
  assertInformed(await device.post(device.inform(), {}), { declaration: true });
  assertNothing(await device.post(""));
  await using sibling = new BareDevice(restarted);
  assertInformed(await introduced(sibling, "1.0"));
  assert.deepEqual(await knownOf(again, sibling), {
    booleans: ["words", "learned", "model-and-software"],
    fractions: ["dropped", "set", "model", "local"],
  });
});
